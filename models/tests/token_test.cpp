// A token comes back as it went out, or is refused with a line that says why.
#include "models/token/token.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace handfast {
namespace {

token random_token(std::mt19937_64& random) {
  token made{"channel.hand_off",
             "relacy",
             static_cast<std::uint32_t>(random()),
             random() % 2 == 0 ? "" : "send_drops_notify",
             {}};
  made.replay.resize(random() % 40);
  for (std::uint8_t& byte : made.replay) {
    byte = static_cast<std::uint8_t>(random());
  }
  return made;
}

TEST(token, comes_back_as_it_went_out) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 2000; ++i) {
    const token drawn = random_token(random);
    EXPECT_EQ(decode(encode(drawn)), drawn);
  }
}

TEST(token, is_safe_to_paste_into_a_shell) {
  std::mt19937_64 random(2);
  for (int i = 0; i < 200; ++i) {
    const std::string text = encode(random_token(random));
    EXPECT_EQ(
        text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."),
        std::string::npos)
        << text;
  }
}

TEST(token, with_any_one_character_changed_is_refused) {
  std::mt19937_64 random(3);
  const std::string text = encode(random_token(random));
  for (std::size_t i = 0; i < text.size(); ++i) {
    for (const char other : std::string("A0_-.z")) {
      std::string mangled = text;
      mangled[i] = other;
      if (mangled != text) {
        EXPECT_FALSE(decode(mangled)) << mangled;
      }
    }
  }
}

TEST(token, cut_anywhere_is_refused) {
  std::mt19937_64 random(4);
  const std::string text = encode(random_token(random));
  for (std::size_t length = 0; length < text.size(); ++length) {
    EXPECT_FALSE(decode(text.substr(0, length))) << length;
    EXPECT_FALSE(decode(text.substr(text.size() - length))) << length;
  }
}

TEST(token, is_refused_in_one_line_whatever_the_text) {
  std::mt19937_64 random(5);
  for (int i = 0; i < 20000; ++i) {
    std::string text(random() % 2 == 0 ? "hf1." : "");
    for (std::size_t left = random() % 60; left > 0; --left) {
      text += static_cast<char>(random());
    }
    const auto answer = decode(text);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().find('\n'), std::string::npos);
    EXPECT_TRUE(answer.error().starts_with("not a usable token: ")) << answer.error();
  }
}

TEST(token, of_a_later_version_is_told_apart) {
  std::string text = encode({"a", "relacy", 0, "", {}});
  text[2] = '2';
  EXPECT_NE(decode(text).error().find("hf1."), std::string::npos);
}

}  // namespace
}  // namespace handfast
