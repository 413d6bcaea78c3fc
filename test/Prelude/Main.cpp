// PreludeTests [--sanitize] [--schedule=forward|reverse|random] [GoogleTest's options]
#include "Harness.h"
#include <cstdio>
#include <cstring>

int main(int argc, char **argv) {
  testing::InitGoogleTest(&argc, argv);
  fusion::runtime::HostOptions &options = fusion::prelude::hostOptions();
  for (int i = 1; i < argc; i++) {
    if (!strcmp(argv[i], "--sanitize")) {
      options.sanitize = true;
    } else if (!strcmp(argv[i], "--schedule=forward")) {
      options.schedule = fusion::runtime::Schedule::Forward;
    } else if (!strcmp(argv[i], "--schedule=reverse")) {
      options.schedule = fusion::runtime::Schedule::Reverse;
    } else if (!strcmp(argv[i], "--schedule=random")) {
      options.schedule = fusion::runtime::Schedule::Random;
    } else {
      fprintf(stderr, "PreludeTests: error: expected --sanitize or --schedule=forward|reverse|random, but got %s\n", argv[i]);
      return 2;
    }
  }
  return RUN_ALL_TESTS();
}
