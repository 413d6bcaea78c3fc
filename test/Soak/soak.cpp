// Compiles, loads and launches in many threads and processes on one cache that is too small for all, and kills writers in the middle.
// The device is a table of functions that compiles a source to text which load() can check: a wrong binary is noticed.
#include "../Runtime/TestProgram.h"
#include "fusion/fusion.hpp"
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <malloc.h>
#include <random>
#include <signal.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace {

std::atomic<long> wrong{0}, compiled{0}, launched{0}, refused{0};

/// What a source compiles to: itself backwards, some kilobytes of it.
std::string binaryOf(const std::string &source) {
  std::string binary(source.rbegin(), source.rend());
  while (binary.size() < 20000)
    binary += binary;
  return binary;
}

/// A loaded module remembers which program it must belong to, by a number in the source: "// program 17".
struct Module {
  long program;
};

fusion_driver table() {
  fusion_driver t{};
  t.struct_size = sizeof(t);
  t.describe = [](void *, fusion_device_info *info, const fusion_sink *) {
    std::strcpy(info->name, "soak");
    info->major = 9;
    info->shared_bytes = 100000;
    info->dl_device_type = 12;
    return FUSION_OK;
  };
  t.compiler_id = [](void *, const fusion_sink *text) { text->write(text->state, "soak 1", 6); };
  t.compile = [](void *, const char *source, size_t bytes, const char *, const char *, const fusion_sink *binary, const fusion_sink *,
                 const fusion_sink *) {
    ++compiled;
    std::string made = binaryOf(std::string(source, bytes));
    binary->write(binary->state, made.data(), made.size());
    return FUSION_OK;
  };
  t.load = [](void *, const void *binary, size_t bytes, void **module, const fusion_sink *) {
    std::string text(static_cast<const char *>(binary), bytes);
    std::string source(text.rbegin(), text.rend());
    size_t at = source.find("// program ");
    size_t end = at == std::string::npos ? at : source.find("// end\n", at);
    bool whole = end != std::string::npos && binaryOf(source.substr(at, end + 7 - at)) == text;
    wrong += !whole;
    *module = new Module{whole ? std::atol(source.c_str() + at + 11) : -1};
    return FUSION_OK;
  };
  t.unload = [](void *, void *module) { delete static_cast<Module *>(module); };
  t.function = [](void *, void *module, const char *, size_t, void **function, const fusion_sink *) {
    return *function = module, FUSION_OK;
  };
  // The stream says which program the launch is of.
  t.launch = [](void *, void *function, const uint32_t *, const uint32_t *, size_t, void *stream, void **, const fusion_sink *) {
    ++launched;
    wrong += static_cast<Module *>(function)->program != reinterpret_cast<intptr_t>(stream);
    return FUSION_OK;
  };
  t.allocate = [](void *, size_t bytes, const char *, uint64_t *pointer, const fusion_sink *) {
    *pointer = reinterpret_cast<uint64_t>(std::aligned_alloc(256, (bytes + 255) / 256 * 256));
    return FUSION_OK;
  };
  t.release = [](void *, uint64_t pointer) { std::free(reinterpret_cast<void *>(pointer)); };
  t.copy_to_device = [](void *, uint64_t, const void *, size_t, const fusion_sink *) { return FUSION_OK; };
  t.copy_to_host = [](void *, void *, uint64_t, size_t, const fusion_sink *) { return FUSION_OK; };
  t.fill = [](void *, uint64_t, unsigned char, size_t, void *, const fusion_sink *) { return FUSION_OK; };
  t.synchronize = [](void *, const fusion_sink *) { return FUSION_OK; };
  t.elapsed = [](void *, void *, fusion_status (*body)(void *), void *state, float *, const fusion_sink *) { return body(state); };
  return t;
}

fusion::Context openContext(const std::string &cache, uint64_t bytes) {
  static fusion_driver driver = table();
  fusion_context_options options = FUSION_CONTEXT_OPTIONS;
  options.driver = &driver;
  options.cache_directory = cache.c_str();
  options.cache_bytes = bytes;
  options.diagnostic = [](void *, fusion_severity, const char *message) {
    std::fprintf(stderr, "%s\n", message);
    ++refused; // every entry is written whole or not at all
  };
  return fusion::Context(options);
}

constexpr long kPrograms = 40;

/// Program number `i`: sources of different lengths.
fusion::Program makeProgram(long i) {
  fusion::runtime::ProgramData data = fusion::runtime::test::sampleData();
  std::string source = "// program " + std::to_string(i) + "\n" + std::string(size_t(100 + 37 * i), char('a' + i % 26)) + "\n";
  data.variants[0].forward.source = source + "// forward\n// end\n";
  data.variants[0].backward->source = source + "// backward\n// end\n";
  auto program = fusion::runtime::Program::create(data);
  if (!program)
    throw fusion::Failure(FUSION_INVALID_PROGRAM, program.error().message());
  return fusion::Program::parse(program->serialize());
}

/// Loads programs in random order and launches each, with a context of its own now and then: nothing in memory helps it.
void soakThread(const std::string &cache, int rounds, unsigned seed, const std::vector<fusion::Program> &programs,
                const fusion::Context &shared) {
  std::mt19937 random(seed);
  for (int round = 0; round < rounds; ++round) {
    long i = long(random() % kPrograms);
    fusion::Context context = random() % 4 ? shared : openContext(cache, uint64_t(1) << 20);
    fusion::Bindings bindings(fusion::Executable(context, programs[size_t(i)]), programs[size_t(i)], 1 + random() % 64);
    bindings.forward(reinterpret_cast<void *>(i));
    bindings.backward(reinterpret_cast<void *>(i));
  }
}

int soak(const std::string &cache, unsigned threads, int rounds, unsigned seed) {
  try {
    std::vector<fusion::Program> programs;
    for (long i = 0; i < kPrograms; ++i)
      programs.push_back(makeProgram(i));
    size_t memory[2] = {};
    for (int half = 0; half < 2; ++half) { // memory after the second half must be that after the first
      {
        fusion::Context shared = openContext(cache, uint64_t(1) << 20);
        std::vector<std::thread> running;
        for (unsigned t = 0; t < threads; ++t)
          running.emplace_back([&, t] { soakThread(cache, rounds / 2, seed + 100 * t + unsigned(half), programs, shared); });
        for (std::thread &thread : running)
          thread.join();
      }
      malloc_trim(0);
      memory[half] = mallinfo2().uordblks;
    }
    bool flat = memory[1] <= memory[0] + memory[0] / 10 + (64 << 10);
    std::printf("%ld compiled, %ld launched, %ld wrong, memory %zu -> %zu bytes\n", compiled.load(), launched.load(), wrong.load(),
                memory[0], memory[1]);
    return wrong == 0 && refused == 0 && flat && launched == 3L * threads * (rounds / 2 * 2) ? 0 : 1;
  } catch (const std::exception &failure) {
    std::fprintf(stderr, "error: %s\n", failure.what());
    return 1;
  }
}

/// Loads programs without end: what the killed processes do.
void writeForEver(const std::string &cache, unsigned seed) {
  std::mt19937 random(seed);
  for (;;) {
    long i = long(random() % kPrograms);
    fusion::Program program = makeProgram(i);
    fusion::Executable(openContext(cache, uint64_t(1) << 20), program);
    if (wrong)
      ::_exit(1);
  }
}

/// Kills two writers at random moments, then loads everything: nothing damaged may come out of the cache.
int kills(const std::string &cache, int count) {
  std::mt19937 random(7);
  int died = 0;
  uint64_t damaged = 0;
  for (int round = 0; round < count; round += 2) {
    pid_t writers[2];
    for (pid_t &writer : writers) {
      unsigned seed = unsigned(random());
      if ((writer = ::fork()) == 0)
        writeForEver(cache, seed);
    }
    ::usleep(500 + random() % 8000);
    for (pid_t writer : writers) {
      ::kill(writer, SIGKILL);
      int status = 0;
      ::waitpid(writer, &status, 0);
      died += WIFSIGNALED(status);
    }
    fusion_cache_info info{};
    info.struct_size = sizeof(info);
    fusion::check(fusion_cache(cache.c_str(), FUSION_CACHE_VERIFY, &info));
    damaged += info.damaged;
    if (round % 50 == 0 && soak(cache, 1, 40, unsigned(round)) != 0)
      return 1;
    launched = 0;
  }
  fusion_cache_info info{};
  info.struct_size = sizeof(info);
  fusion::check(fusion_cache(cache.c_str(), FUSION_CACHE_STATUS, &info));
  std::printf("%d writers killed, %llu entries left, %llu damaged\n", died, static_cast<unsigned long long>(info.entries),
              static_cast<unsigned long long>(damaged));
  return wrong == 0 && damaged == 0 && info.entries > 0 && died >= count * 9 / 10 ? 0 : 1;
}

long option(int argc, char **argv, const char *name, long otherwise) {
  for (int i = 1; i < argc; ++i)
    if (std::strncmp(argv[i], name, std::strlen(name)) == 0)
      return std::atol(argv[i] + std::strlen(name));
  return otherwise;
}

} // namespace

int main(int argc, char **argv) {
  char folder[] = "/tmp/fusion-soak-XXXXXX";
  if (!::mkdtemp(folder))
    return std::perror(folder), 1;
  std::string cache = std::string(folder) + "/cache";
  int failed = 0;
  if (long count = option(argc, argv, "--kills=", 0)) {
    failed = kills(cache, int(count));
  } else {
    int rounds = int(option(argc, argv, "--rounds=", 100));
    std::vector<pid_t> others;
    for (long i = 0; i < option(argc, argv, "--processes=", 0); ++i) {
      pid_t child = ::fork();
      if (child == 0)
        ::_exit(soak(cache, 1, rounds, unsigned(1000 + i)));
      others.push_back(child);
    }
    failed = soak(cache, unsigned(option(argc, argv, "--threads=", 8)), rounds, 1);
    for (pid_t child : others) {
      int status = 0;
      ::waitpid(child, &status, 0);
      failed |= status;
    }
  }
  fusion_cache_info info{};
  info.struct_size = sizeof(info);
  (void)fusion_cache(cache.c_str(), FUSION_CACHE_CLEAR, &info);
  ::rmdir(cache.c_str());
  ::rmdir(folder);
  std::puts(failed ? "FAILED" : "ok");
  return failed ? 1 : 0;
}
