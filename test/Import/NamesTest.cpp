// Names that reach emitted text: whatever a user wrote, only harmless characters come out.
#include "fusion/Dialect/Names.h"
#include "gtest/gtest.h"

using fusion::escapeName;
using fusion::identifier;

TEST(EscapeName, KeepsHarmlessAndReplacesTheRest) {
  EXPECT_EQ(escapeName("conv1.weight:0/a-b_c"), "conv1.weight:0/a-b_c");
  EXPECT_EQ(escapeName("a\nb\r\"c\\d*/e?f"), "a_b__c_d_/e_f");
  EXPECT_EQ(escapeName(llvm::StringRef("a\0b", 3)), "a_b");
  EXPECT_EQ(escapeName("\xc3\xa9"), "__");
  EXPECT_EQ(escapeName(""), "");
}

TEST(EscapeName, IsBounded) { EXPECT_EQ(escapeName(std::string(1 << 20, 'a')), std::string(64, 'a')); }

TEST(Identifier, IsAlwaysOne) {
  EXPECT_EQ(identifier("conv1.weight"), "conv1_weight");
  EXPECT_EQ(identifier(""), "v");
  EXPECT_EQ(identifier("***"), "v");
  EXPECT_EQ(identifier("3d"), "v3d");
  EXPECT_EQ(identifier("__global__"), "global");
  EXPECT_EQ(identifier("a\n*/b"), "a_b");
  EXPECT_EQ(identifier("_Hidden__name_"), "Hidden_name");
  EXPECT_LE(identifier(std::string(1 << 20, 'a')).size(), 64u);
}

TEST(Identifier, IsNoKeyword) {
  for (const char *word : {"float", "int", "class", "threadIdx", "register", "asm", "and", "expf", "main"})
    EXPECT_EQ(identifier(word), std::string(word) + "_") << word;
}

TEST(UniqueIdentifiers, Differ) {
  fusion::UniqueIdentifiers names;
  names.reserve("batch");
  EXPECT_EQ(names.get("a.b"), "a_b");
  EXPECT_EQ(names.get("a/b"), "a_b_1");
  EXPECT_EQ(names.get("a_b_1"), "a_b_1_1");
  EXPECT_EQ(names.get("batch"), "batch_1");
  EXPECT_EQ(names.get("float"), "float_");
  EXPECT_EQ(names.get("float"), "float_1");
}
