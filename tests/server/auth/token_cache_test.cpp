#include "server/auth/token_cache.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "server/auth/authenticator.hpp"
#include "tests/server/auth/tokens.hpp"

namespace luminate::server::auth {
namespace {

std::shared_ptr<const Principal> principal(const std::string& tenant) {
  return std::make_shared<const Principal>(Principal{tenant, {}});
}

TEST(TokenCache, ForgetsWhatWasNotUsedForLongest) {
  TokenCache cache(2);
  cache.put(digest_of("a"), principal("a"), {0, 10});
  cache.put(digest_of("b"), principal("b"), {0, 10});
  EXPECT_EQ(cache.find(digest_of("a"), 5)->tenant, "a");
  cache.put(digest_of("c"), principal("c"), {0, 10});
  EXPECT_EQ(cache.size(), 2u);
  EXPECT_EQ(cache.find(digest_of("b"), 5), nullptr);
  EXPECT_EQ(cache.find(digest_of("a"), 5)->tenant, "a");
  EXPECT_EQ(cache.find(digest_of("c"), 5)->tenant, "c");
}

TEST(TokenCache, KnowsATokenWhileItIsGood) {
  TokenCache cache(2);
  cache.put(digest_of("a"), principal("a"), {5, 10});
  EXPECT_EQ(cache.find(digest_of("a"), 4), nullptr);
  EXPECT_NE(cache.find(digest_of("a"), 5), nullptr);
  EXPECT_NE(cache.find(digest_of("a"), 9), nullptr);
  EXPECT_EQ(cache.find(digest_of("a"), 10), nullptr);
  EXPECT_EQ(cache.size(), 0u);
}

TEST(TokenCache, ServesManyThreads) {
  TokenCache cache(8);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&cache, t] {
      for (int i = 0; i < 2000; ++i) {
        const std::string name = std::to_string((i + t) % 20);
        if (const auto found = cache.find(digest_of(name), i % 12)) {
          EXPECT_EQ(found->tenant, name);
        } else {
          cache.put(digest_of(name), principal(name), {0, 10});
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(cache.size(), 8u);
}

std::shared_ptr<const Verifier> verifier_with(const std::string& secret) {
  KeyRing keys;
  keys.set_default(secret_key(Algorithm::hs256, secret));
  return std::make_shared<const Verifier>(std::move(keys), TokenRules{});
}

TEST(Authenticator, ForgetsTokensOfKeysThatWereReplaced) {
  Authenticator authenticator(verifier_with(test_keys::kSecret), [] { return kNow; });
  const std::string token = token_with(claims_text());
  EXPECT_TRUE(authenticator.authenticate(token).principal);
  EXPECT_TRUE(authenticator.authenticate(token).principal);
  authenticator.replace(verifier_with(std::string(32, 'o')));
  EXPECT_FALSE(authenticator.authenticate(token).principal);
  authenticator.replace(verifier_with(test_keys::kSecret));
  EXPECT_TRUE(authenticator.authenticate(token).principal);
}

TEST(Authenticator, TakesNewKeysWhileItIsAsked) {
  Authenticator authenticator(verifier_with(test_keys::kSecret), [] { return kNow; });
  const std::string token = token_with(claims_text());
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i) EXPECT_TRUE(authenticator.authenticate(token).principal);
    });
  }
  for (int i = 0; i < 100; ++i) authenticator.replace(verifier_with(test_keys::kSecret));
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace luminate::server::auth
