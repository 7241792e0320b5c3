#!/usr/bin/env python3
"""Each rule of the lints has a violation here that it must report, and a text
close to it that it must let pass."""

import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.dont_write_bytecode = True
import conformance  # noqa: E402
import headers  # noqa: E402
import layers  # noqa: E402
import orders  # noqa: E402
import raw_sync  # noqa: E402
from sources import code_lines  # noqa: E402


class RawSynchronisation(unittest.TestCase):
    def test_is_found_in_policy_code(self):
        for line in ("std::atomic<int> a;", "std::atomic_thread_fence(o);", "std::mutex m;",
                     "std::shared_mutex m;", "std::condition_variable_any c;", "std::jthread t;",
                     "std::this_thread::yield();", "std::latch l(1);", "std::call_once(f, g);",
                     "std::promise<int> p;", "thread_local int x;", "pthread_mutex_lock(&m);",
                     "__atomic_load_n(&x, 0);", "std::atomic_int a;"):
            self.assertEqual(len(list(raw_sync.lint("a.hpp", line))), 1, line)
        for line in ("// std::mutex m;", "std::lock_guard lock(m);", "a.load(std::memory_order::relaxed);",
                     "#include <atomic>", "template <template <class> class Atom = std::atomic>",
                     "std::mutex log;  // raw: only in the log", 'say("std::mutex");'):
            self.assertEqual(list(raw_sync.lint("a.hpp", line)), [], line)


class Conformance(unittest.TestCase):
    def test_a_test_that_is_named_exists(self):
        row = "| it closes | Go spec | same | {} |"
        names = {"waiting.closes", "channel.storm"}
        for shown in ("`waiting.closes`", "`waiting.closes`, `channel.storm`", "none"):
            self.assertEqual(list(conformance.lint("a.md", row.format(shown), names)), [], shown)
        for shown in ("`waiting.closes_twice`", "`waiting.closes`, `storm`", ""):
            self.assertEqual(len(list(conformance.lint("a.md", row.format(shown), names))), 1, shown)

    def test_what_exists_is_found_in_the_sources(self):
        found = conformance.existing()
        for name in ("channel.hand_off", "channel.follows_its_specification", "channel.schedules",
                     "channel.histories_are_linearizable", "channel.storm", "turn_ring.close_ends_pushes",
                     "waiting.a_blocked_send_goes_on_when_room_comes",
                     "channel_death.a_moved_from_handle_stops_the_program"):
            self.assertIn(name, found)
        self.assertNotIn("channel.hand_over", found)


class Layers(unittest.TestCase):
    def reports(self, path, text, what):
        found = [message for _, message in layers.lint(path, text)]
        self.assertTrue(any(what in message for message in found), (path, text, found))

    def passes(self, path, text):
        self.assertEqual(list(layers.lint(path, text)), [])

    def test_includes_go_one_way(self):
        self.reports("runtime/queue/a.hpp", "#include <handfast/channel/channel.hpp>", "layer above")
        self.reports("runtime/sync/a.hpp", "#include <handfast/memory/object.hpp>", "layer above")
        self.reports("runtime/odd/a.hpp", "#include <handfast/sync/order.hpp>", "not a layer")
        self.reports("runtime/queue/a.hpp", '#include "models/a.hpp"', "may include only")
        self.reports("models/scenarios/a.hpp", '#include "properties/a.hpp"', "may include only")
        self.reports("models/checker/a.hpp", "#include <handfast/queue/ring.hpp>", "concept only")
        self.reports("ci/handfast/a.cpp", '#include "stress/channel.hpp"', "may include only")
        self.passes("runtime/channel/a.hpp", "#include <handfast/queue/ring.hpp>")
        self.passes("models/checker/a.hpp", "#include <handfast/sync/policy.hpp>")
        self.passes("fuzz/a.cpp", '#include "properties/conformance.hpp"')

    def test_the_policy_alone_names_the_standard_library(self):
        path = "runtime/channel/a.hpp"
        for header in ("atomic", "mutex", "thread", "chrono", "random", "pthread.h"):
            self.reports(path, f"#include <{header}>", "only runtime/sync may")
            self.passes("runtime/sync/a.hpp", f"#include <{header}>")
        for line in ("std::atomic<int> a;", "std::mutex m;", "std::lock_guard lock(m);",
                     "std::thread t;", "auto t = std::chrono::steady_clock::now();",
                     "std::random_device d;", "std::this_thread::yield();",
                     "pthread_mutex_lock(&m);"):
            self.reports(path, line, "policy's to name")
            self.passes("runtime/sync/a.hpp", line)
            self.passes(path, "// " + line)
        for line in ("auto* p = new int;", "void* p = malloc(4);", "delete p;"):
            self.reports(path, line, "past the policy")
        self.passes(path, "a(const a&) = delete;")
        self.passes(path, "static void operator delete(void* frame, std::size_t bytes) noexcept {")
        self.passes(path, 'say("std::mutex");')

    def test_one_source_for_every_engine(self):
        self.reports("runtime/queue/a.hpp", "#if RELACY", "no #if")
        self.reports("runtime/queue/a.hpp", "#ifdef __SANITIZE_THREAD__", "no #if")
        self.passes("runtime/capi/a.h", "#ifndef HANDFAST_A_H\n#ifdef __cplusplus")

    def test_tests_do_not_sleep(self):
        self.reports("properties/a.cpp", "std::this_thread::sleep_for(a);", "sleeps")
        self.passes("stress/a.cpp", "std::this_thread::sleep_for(a);")


class Orders(unittest.TestCase):
    def found(self, text):
        tags = orders.Tags()
        lines = [message for _, message in orders.lint_with(tags)("runtime/a.hpp", text)]
        return lines + [message for *_, message in tags.one_sided()]

    def test_a_strong_order_has_a_tag(self):
        self.assertIn("without a tag", self.found("a.store(1, order::release);")[0])
        self.assertIn("without a tag", self.found("// release: publishes\na.load(order::acquire);")[0])

    def test_a_tag_has_two_sides(self):
        release = "// [a.b] release: pairs with f's load\na.store(1, order::release);\n"
        acquire = "x = a.load(order::acquire);  // [a.b] acquire: pairs with g's store\n"
        self.assertIn("one side only", self.found(release)[0])
        self.assertIn("one side only", self.found(release + release)[0])
        self.assertEqual(self.found(release + acquire), [])

    def test_a_comment_does_not_reach_beyond_its_statement(self):
        release = "// [a.b] release: pairs with f's load\na.store(1, order::release);\n"
        self.assertTrue(any("without a tag" in each
                            for each in self.found(release + "b.store(1, order::release);\n")))

    def test_a_relaxed_order_has_a_reason(self):
        self.assertIn("without its reason", self.found("a.load(order::relaxed);")[0])
        self.assertEqual(self.found("// relaxed: a count\na.load(order::relaxed);"), [])
        declared = "// Relaxed throughout: a count.\natomic<int> a;\n"
        self.assertEqual(self.found(declared + "a.load(order::relaxed);"), [])
        self.assertIn("without its reason", self.found(declared + "b.load(order::relaxed);")[0])


class Headers(unittest.TestCase):
    def test_a_header_without_its_includes_is_reported(self):
        with tempfile.TemporaryDirectory() as include:
            folder = Path(include, "handfast")
            folder.mkdir()
            (folder / "lacks.hpp").write_text("#pragma once\ninline std::size_t a;\n")
            (folder / "whole.hpp").write_text(
                "#pragma once\n#include <cstddef>\ninline std::size_t a;\n")
            self.assertFalse(headers.compiles("g++-12", "runtime/lacks.hpp", include)[0])
            self.assertTrue(headers.compiles("g++-12", "runtime/whole.hpp", include)[0])


class Sources(unittest.TestCase):
    def test_comments_and_strings_are_not_code(self):
        self.assertEqual(code_lines("a; // b\n/* c\n d */ e; 'f' \"g\\\"h\""),
                         ["a;     ", "    ", "      e; ' ' \"    \""])
        self.assertEqual(code_lines('#include "a/b.hpp"'), ['#include "a/b.hpp"'])


if __name__ == "__main__":
    unittest.main()
