// The binary cache: keys, damage, permissions, links, concurrent writers. Whatever is wrong must mean "compile again".
#include "Cache.h"
#include "FakeDriver.h"
#include "fusion/Runtime/CacheDirectory.h"
#include "fusion/Runtime/Context.h"
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <dirent.h>
#include <fcntl.h>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace fusion::runtime;
using detail::BinaryCache;
using test::FakeDriver;

namespace {

class CacheTest : public testing::Test {
protected:
  void SetUp() override {
    char folder[] = "/tmp/fusion-cache-XXXXXX";
    ASSERT_NE(::mkdtemp(folder), nullptr);
    root = folder;
    directory = root + "/a/cache";
  }
  void TearDown() override {
    for (const std::string &name : names())
      ::unlink((directory + "/" + name).c_str());
    ::rmdir(directory.c_str());
    ::unlink(directory.c_str());
    ::rmdir((root + "/a").c_str());
    ::rmdir((root + "/other").c_str());
    ::unlink((root + "/target").c_str());
    ::rmdir(root.c_str());
  }
  std::vector<std::string> names() {
    std::vector<std::string> found;
    if (DIR *listing = ::opendir(directory.c_str())) {
      while (dirent *item = ::readdir(listing))
        if (item->d_name[0] != '.')
          found.push_back(item->d_name);
      ::closedir(listing);
    }
    return found;
  }
  BinaryCache::Report report() {
    return [this](const std::string &message) { messages.push_back(message); };
  }
  std::string entry(const std::string &key) { return directory + "/" + BinaryCache::entryName(key); }
  static Binary binary(const std::string &bytes) { return {{bytes.begin(), bytes.end()}, "log of " + bytes}; }
  /// What a fresh process would find.
  std::string found(const std::string &key) {
    std::optional<Binary> result = BinaryCache(directory, report()).find(key);
    return result ? std::string(result->bytes.begin(), result->bytes.end()) + "|" + result->log : "nothing";
  }
  void put(const std::string &key, const std::string &bytes) { BinaryCache(directory, report()).insert(key, binary(bytes)); }
  static std::string slurp(const std::string &path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::string root, directory;
  std::vector<std::string> messages;
};

TEST_F(CacheTest, KeepsEntriesPrivately) {
  EXPECT_EQ(found("key"), "nothing");
  put("key", "bytes");
  EXPECT_EQ(found("key"), "bytes|log of bytes");
  EXPECT_EQ(found("other key"), "nothing");
  struct stat status;
  ASSERT_EQ(::stat(directory.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700u);
  ASSERT_EQ(::stat(entry("key").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  EXPECT_EQ(names().size(), 1u) << "no temporary file stays";
  EXPECT_TRUE(messages.empty()) << messages[0];
}

TEST_F(CacheTest, EveryDamagedByteIsNoticed) {
  put("key", "bytes");
  const std::string good = slurp(entry("key"));
  ASSERT_GT(good.size(), 40u);
  for (size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] ^= 0x10;
    std::ofstream(entry("key"), std::ios::binary) << bad;
    EXPECT_EQ(found("key"), "nothing") << "byte " << i;
  }
  EXPECT_EQ(messages.size(), good.size());
  for (size_t length = 0; length < good.size(); ++length) {
    std::ofstream(entry("key"), std::ios::binary) << good.substr(0, length);
    EXPECT_EQ(found("key"), "nothing") << "length " << length;
  }
  std::ofstream(entry("key"), std::ios::binary) << good + "x";
  EXPECT_EQ(found("key"), "nothing");
  put("key", "bytes again");
  EXPECT_EQ(found("key"), "bytes again|log of bytes again") << "a damaged entry is replaced";
}

TEST_F(CacheTest, TheFullKeyIsCompared) {
  put("key", "bytes");
  ASSERT_EQ(::rename(entry("key").c_str(), entry("victim").c_str()), 0); // as if both keys had one hash
  EXPECT_EQ(found("victim"), "nothing");
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_NE(messages[0].find("it belongs to another key; compiling again"), std::string::npos);
}

TEST_F(CacheTest, LinksAndForeignFilesAreRefused) {
  put("key", "bytes");
  ASSERT_EQ(::rename(entry("key").c_str(), (root + "/target").c_str()), 0);
  ASSERT_EQ(::symlink((root + "/target").c_str(), entry("key").c_str()), 0);
  EXPECT_EQ(found("key"), "nothing") << "a link is not followed";
  put("key", "new");
  EXPECT_EQ(found("key"), "new|log of new") << "the link is replaced";
  EXPECT_EQ(slurp(root + "/target").find("new"), std::string::npos) << "its target is not";
  ASSERT_EQ(::chmod(entry("key").c_str(), 0622), 0);
  EXPECT_EQ(found("key"), "nothing") << "others could have written it";
  ASSERT_EQ(::unlink(entry("key").c_str()), 0);
  ASSERT_EQ(::mkfifo(entry("key").c_str(), 0600), 0);
  EXPECT_EQ(found("key"), "nothing") << "and reading it must not hang";
  if (::geteuid() == 0) {
    put("key", "bytes");
    ASSERT_EQ(::chown(entry("key").c_str(), 12345, 12345), 0);
    EXPECT_EQ(found("key"), "nothing");
  } else {
    std::printf("NOT RUN: a file of another user (needs root)\n");
  }
}

TEST_F(CacheTest, AnUnsafeDirectoryIsNotUsed) {
  put("key", "bytes");
  for (mode_t mode : {0755, 0777, 0710}) {
    ASSERT_EQ(::chmod(directory.c_str(), mode), 0);
    messages.clear();
    EXPECT_EQ(found("key"), "nothing");
    ASSERT_EQ(messages.size(), 1u);
    EXPECT_NE(messages[0].find("is not used: its mode is not 0700"), std::string::npos);
  }
  ASSERT_EQ(::chmod(directory.c_str(), 0700), 0);
  EXPECT_EQ(found("key"), "bytes|log of bytes");
  if (::geteuid() == 0) {
    ASSERT_EQ(::chown(directory.c_str(), 12345, 12345), 0);
    EXPECT_EQ(found("key"), "nothing");
    EXPECT_NE(messages.back().find("is not used: it belongs to another user"), std::string::npos);
    ASSERT_EQ(::chown(directory.c_str(), 0, 0), 0);
  } else {
    std::printf("NOT RUN: a directory of another user (needs root)\n");
  }
  ASSERT_EQ(::rename(directory.c_str(), (root + "/other").c_str()), 0);
  ASSERT_EQ(::symlink((root + "/other").c_str(), directory.c_str()), 0);
  EXPECT_EQ(found("key"), "nothing") << "the directory itself is no link";
  ASSERT_EQ(::unlink((root + "/other/" + BinaryCache::entryName("key")).c_str()), 0);
}

TEST_F(CacheTest, ConcurrentWritersThatDieLeaveNoTornEntry) {
  const std::string key = "key";
  std::vector<std::string> payloads;
  for (char c : {'a', 'b', 'c'})
    payloads.push_back(std::string(200000, c));
  put(key, payloads[0]);
  for (int round = 0; round < 20; ++round) {
    std::vector<pid_t> writers;
    for (const std::string &payload : payloads) {
      pid_t child = ::fork();
      ASSERT_GE(child, 0);
      if (child == 0) {
        BinaryCache cache(directory, {});
        for (;;)
          cache.insert(key, binary(payload));
      }
      writers.push_back(child);
    }
    for (int i = 0; i < 10; ++i) {
      std::string got = found(key);
      EXPECT_TRUE(got.size() == 400008 || got.size() == 400000 + 8) << got.size();
      EXPECT_EQ(got.substr(0, 200000).find_first_not_of(got[0]), std::string::npos) << "parts of two writers";
      EXPECT_EQ(got.back(), got[0]) << "binary of one writer, log of another";
    }
    for (pid_t writer : writers) {
      ::kill(writer, SIGKILL);
      ::waitpid(writer, nullptr, 0);
    }
  }
  EXPECT_TRUE(messages.empty()) << messages[0];
}

TEST_F(CacheTest, TheOldestEntriesAndDeadWritersFilesGo) {
  auto setAge = [&](const std::string &path, time_t seconds) {
    timespec times[2] = {};
    times[0].tv_sec = times[1].tv_sec = ::time(nullptr) - seconds;
    ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
  };
  BinaryCache cache(directory, report(), /*maxDiskBytes=*/3000);
  cache.insert("a", binary(std::string(400, 'a')));
  cache.insert("b", binary(std::string(400, 'b')));
  setAge(entry("a"), 10);
  setAge(entry("b"), 20);
  std::ofstream(directory + "/x.bin.tmp.1.2.3") << "left behind";
  std::ofstream(directory + "/y.bin.tmp.1.2.3") << "being written";
  setAge(directory + "/x.bin.tmp.1.2.3", 7200);
  cache.insert("c", binary(std::string(400, 'c')));
  cache.insert("d", binary(std::string(400, 'd')));
  EXPECT_EQ(found("b"), "nothing");
  for (const char *key : {"a", "c", "d"})
    EXPECT_NE(found(key), "nothing") << key;
  EXPECT_NE(::access((directory + "/x.bin.tmp.1.2.3").c_str(), F_OK), 0);
  EXPECT_EQ(::access((directory + "/y.bin.tmp.1.2.3").c_str(), F_OK), 0);
}

TEST_F(CacheTest, WhatIsUsedStays) {
  BinaryCache writer(directory, report(), /*maxDiskBytes=*/3000);
  timespec old[2] = {};
  for (const char *key : {"a", "b"}) {
    writer.insert(key, binary(std::string(400, key[0])));
    old[0].tv_sec = old[1].tv_sec = ::time(nullptr) - (*key == 'a' ? 20 : 10);
    ASSERT_EQ(::utimensat(AT_FDCWD, entry(key).c_str(), old, 0), 0);
  }
  {
    BinaryCache reader(directory, report()); // of another process: nothing in memory yet
    EXPECT_TRUE(reader.find("a").has_value());
  }
  writer.insert("c", binary(std::string(400, 'c')));
  writer.insert("d", binary(std::string(400, 'd')));
  EXPECT_EQ(found("b"), "nothing") << "the older one was used later";
  EXPECT_NE(found("a"), "nothing");
}

TEST_F(CacheTest, AFullDiskLeavesNothingBehind) {
  BinaryCache cache(directory, report());
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  rlimit full{1000, before.rlim_max}; // writes fail in the middle of a file, as they do where the disk is full
  ::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &full), 0);
  cache.insert("key", binary(std::string(5000, 'b')));
  ::setrlimit(RLIMIT_FSIZE, &before);
  ::signal(SIGXFSZ, SIG_DFL);
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_NE(messages[0].find("cannot write"), std::string::npos) << messages[0];
  EXPECT_EQ(inspectCache(directory, CacheAction::Status)->entries, 0u);
  EXPECT_EQ(inspectCache(directory, CacheAction::Clear)->removed, 0u) << "no temporary file stays";
  EXPECT_TRUE(cache.find("key").has_value()) << "what was compiled is used all the same";
}

TEST_F(CacheTest, CanBeLookedAtCheckedAndEmptied) {
  EXPECT_EQ(inspectCache(directory + "/missing", CacheAction::Status)->entries, 0u);
  BinaryCache cache(directory, report());
  for (const char *key : {"a", "b", "c"})
    cache.insert(key, binary(std::string(400, key[0])));
  Expected<CacheInfo> info = inspectCache(directory, CacheAction::Status);
  ASSERT_TRUE(bool(info));
  EXPECT_EQ(info->entries, 3u);
  EXPECT_GT(info->bytes, 1200u);
  std::fstream file(entry("b"), std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(100);
  file.put('!');
  file.close();
  ASSERT_EQ(::rename(entry("a").c_str(), entry("z").c_str()), 0) << "whole, but not where its key belongs";
  info = inspectCache(directory, CacheAction::Verify);
  ASSERT_TRUE(bool(info));
  EXPECT_EQ(info->entries, 1u);
  EXPECT_EQ(info->damaged, 2u);
  EXPECT_EQ(info->removed, 2u);
  std::ofstream(directory + "/x.bin.tmp.1.2.3") << "left behind";
  std::ofstream(directory + "/notes.txt") << "somebody else's";
  info = inspectCache(directory, CacheAction::Clear);
  ASSERT_TRUE(bool(info));
  EXPECT_EQ(info->entries, 0u);
  EXPECT_EQ(info->removed, 2u);
  EXPECT_EQ(::access((directory + "/notes.txt").c_str(), F_OK), 0);
  ::chmod(directory.c_str(), 0755);
  EXPECT_NE(inspectCache(directory, CacheAction::Clear).error().message().find("its mode is not 0700"), std::string::npos);
}

TEST_F(CacheTest, AWarmLoadCostsLittleBesidesReading) {
#ifdef FUSION_SANITIZED
  GTEST_SKIP() << "NOT RUN: a sanitizer makes everything slow";
#endif
  std::string key(size_t(100) << 10, 'k');
  std::string bytes(size_t(1) << 20, 'b'); // larger than any chain's cubin
  BinaryCache(directory, report()).insert(key, binary(bytes));
  auto seconds = [] { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); };
  double best = 1;
  for (int round = 0; round < 20; ++round) {
    BinaryCache cache(directory, report());
    double begin = seconds();
    std::ifstream file(entry(key), std::ios::binary);
    std::string read(bytes.size() + key.size(), '\0');
    file.read(read.data(), std::streamsize(read.size()));
    double middle = seconds();
    ASSERT_TRUE(cache.find(key).has_value());
    best = std::min(best, (seconds() - middle) - (middle - begin));
  }
  EXPECT_LT(best, 1e-3);
  std::printf("a warm load takes %.3f ms more than reading the file\n", best * 1e3);
}

TEST_F(CacheTest, TheContextCompilesOncePerKey) {
  auto driver = std::make_shared<FakeDriver>();
  driver->compiler = "nvrtc 1";
  ContextOptions options{/*diskCache=*/true, directory, report()};
  {
    Context context(driver, options);
    EXPECT_TRUE(bool(context.compile("source", "s.cu", "sm_80")));
    EXPECT_TRUE(bool(context.compile("source", "s.cu", "sm_80")));
    EXPECT_EQ(driver->compiled, 1) << "from memory";
  }
  Context context(driver, options);
  Expected<Binary> again = context.compile("source", "s.cu", "sm_80");
  ASSERT_TRUE(bool(again));
  EXPECT_EQ(driver->compiled, 1) << "from disk";
  EXPECT_EQ(std::string(again->bytes.begin(), again->bytes.end()), "source");
  EXPECT_EQ(again->log, "log of s.cu");
  // Each part of the key counts.
  EXPECT_TRUE(bool(context.compile("source2", "s.cu", "sm_80")));
  EXPECT_EQ(driver->compiled, 2);
  EXPECT_TRUE(bool(context.compile("source", "s.cu", "sm_90")));
  EXPECT_EQ(driver->compiled, 3);
  driver->compiler = "nvrtc 2";
  EXPECT_TRUE(bool(context.compile("source", "s.cu", "sm_80")));
  EXPECT_EQ(driver->compiled, 4);
  driver->compiler.clear();
  EXPECT_TRUE(bool(context.compile("source", "s.cu", "sm_80")));
  EXPECT_TRUE(bool(context.compile("source", "s.cu", "sm_80")));
  EXPECT_EQ(driver->compiled, 6) << "no compiler identity: nothing is cached";
  driver->compiler = "nvrtc 1";
  EXPECT_FALSE(bool(context.compile("#error", "s.cu", "sm_80")));
  EXPECT_FALSE(bool(context.compile("#error", "s.cu", "sm_80")));
  EXPECT_EQ(driver->compiled, 8) << "errors are not cached";
}

TEST_F(CacheTest, AnUnusableDirectoryIsNoError) {
  std::ofstream(root + "/a") << "a file where a directory should be";
  auto driver = std::make_shared<FakeDriver>();
  driver->compiler = "nvrtc 1";
  Context context(driver, {true, directory, report()});
  EXPECT_TRUE(bool(context.compile("source", "s.cu", "sm_80")));
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_NE(messages[0].find("is not used"), std::string::npos);
  ::unlink((root + "/a").c_str());
}

TEST(CacheDirectory, FollowsXdg) {
  const char *cache = std::getenv("XDG_CACHE_HOME"), *home = std::getenv("HOME");
  std::string oldCache = cache ? cache : "", oldHome = home ? home : "";
  ::setenv("HOME", "/home/somebody", 1);
  ::setenv("XDG_CACHE_HOME", "/somewhere", 1);
  EXPECT_EQ(defaultCacheDirectory(), "/somewhere/fusion");
  ::setenv("XDG_CACHE_HOME", "relative", 1); // the XDG specification: ignored
  EXPECT_EQ(defaultCacheDirectory(), "/home/somebody/.cache/fusion");
  ::unsetenv("XDG_CACHE_HOME");
  EXPECT_EQ(defaultCacheDirectory(), "/home/somebody/.cache/fusion");
  ::unsetenv("HOME");
  EXPECT_EQ(defaultCacheDirectory(), "");
  if (cache)
    ::setenv("XDG_CACHE_HOME", oldCache.c_str(), 1);
  if (home)
    ::setenv("HOME", oldHome.c_str(), 1);
}

} // namespace
