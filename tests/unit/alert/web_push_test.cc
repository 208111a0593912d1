// SPDX-License-Identifier: Apache-2.0
//
// Against the vectors of RFC 8291 section 5 and RFC 8292 section 2.4.
#include "daemon/alert/web_push.h"

#include <gtest/gtest.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <algorithm>

#include "daemon/alert/button.h"

namespace gatewitness::alert {
namespace {

std::string raw(std::string_view text) {
  return from_base64url(text, 512).value();
}

template <std::size_t size>
std::array<uint8_t, size> array_of(std::string_view text) {
  const std::string bytes = raw(text);
  std::array<uint8_t, size> out{};
  EXPECT_EQ(bytes.size(), size);
  std::copy_n(bytes.begin(), std::min(bytes.size(), size), out.begin());
  return out;
}

std::string coded(const std::string& bytes) {
  return base64url({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
}

constexpr const char* kReceiver =
    "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
constexpr const char* kSender = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw";

std::string a_subscription(const std::string& point = kReceiver,
                           const std::string& auth = "BTBZMqHH6r4Tts7J_aSIgg",
                           const std::string& endpoint = "https://push.example.net/x") {
  return R"({"endpoint": ")" + endpoint + R"(", "keys": {"p256dh": ")" + point + R"(", "auth": ")" + auth +
         R"("}})";
}

TEST(WebPush, EncryptsAsRfc8291Section5) {
  const auto subscription = parse_subscription(a_subscription());
  ASSERT_TRUE(subscription) << subscription.error();
  const auto salt = array_of<16>("DGv6ra1nlYgDCS1FRnbzlw");
  const auto message =
      encrypt(*subscription, "When I grow up, I want to be a watermelon", array_of<32>(kSender), salt);
  ASSERT_TRUE(message) << message.error();
  EXPECT_EQ(coded(*message),
            "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_"
            "c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_"
            "yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN");
}

TEST(WebPush, PublicKeysOfTheVectors) {
  EXPECT_EQ(coded(public_key_of(array_of<32>(kSender)).value()),
            "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8");
  EXPECT_EQ(coded(public_key_of(array_of<32>("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94")).value()),
            kReceiver);
  EXPECT_FALSE(public_key_of(P256Scalar{}));
  P256Scalar large;
  large.fill(0xff);
  EXPECT_FALSE(public_key_of(large));
}

bool signed_by(std::string_view point, std::string_view input, const std::string& signature) {
  OSSL_PARAM_BLD* builder = OSSL_PARAM_BLD_new();
  OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0);
  OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size());
  OSSL_PARAM* params = OSSL_PARAM_BLD_to_param(builder);
  EVP_PKEY_CTX* context = EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr);
  EVP_PKEY* key = nullptr;
  EVP_PKEY_fromdata_init(context);
  EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params);
  ECDSA_SIG* parts = ECDSA_SIG_new();
  const auto* bytes = reinterpret_cast<const unsigned char*>(signature.data());
  ECDSA_SIG_set0(parts, BN_bin2bn(bytes, 32, nullptr), BN_bin2bn(bytes + 32, 32, nullptr));
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(parts, &der);
  EVP_MD_CTX* digest = EVP_MD_CTX_new();
  EVP_DigestVerifyInit(digest, nullptr, EVP_sha256(), nullptr, key);
  const bool good = EVP_DigestVerify(digest, der, static_cast<std::size_t>(size),
                                     reinterpret_cast<const unsigned char*>(input.data()), input.size()) == 1;
  EVP_MD_CTX_free(digest);
  OPENSSL_free(der);
  ECDSA_SIG_free(parts);
  EVP_PKEY_free(key);
  EVP_PKEY_CTX_free(context);
  OSSL_PARAM_free(params);
  OSSL_PARAM_BLD_free(builder);
  return good;
}

constexpr const char* kExampleInput =
    "eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9."
    "eyJhdWQiOiJodHRwczovL3B1c2guZXhhbXBsZS5uZXQiLCJleHAiOjE0NTM1MjM3NjgsInN1YiI6Im1haWx0bzpwdXNoQGV4YW1wbGUu"
    "Y29tIn0";
const Timestamp kExampleExpiry{std::chrono::seconds(1453523768)};

TEST(Vapid, SignsWhatRfc8292Section24Signs) {
  EXPECT_EQ(jwt_input("https://push.example.net", "mailto:push@example.com", kExampleExpiry), kExampleInput);
  // The example's own signature, by the judge that ours is measured with.
  EXPECT_TRUE(signed_by(
      raw("BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4SDYic-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs"),
      kExampleInput,
      raw("i3CYb7t4xfxCDquptFOepC9GAu_HLGkMlMuCGSK2rpiUfnK9ojFwDXb1JrErtmysazNjjvW2L9OkSSHzvoD1oA")));
}

TEST(Vapid, ItsProofHoldsAndBelongsToItsKey) {
  const auto value =
      vapid(array_of<32>(kSender), "https://push.example.net", "mailto:push@example.com", kExampleExpiry);
  ASSERT_TRUE(value) << value.error();
  const std::string prefix = std::string("vapid t=") + kExampleInput + ".";
  ASSERT_TRUE(value->starts_with(prefix)) << *value;
  const std::size_t comma = value->find(", k=");
  const std::string signature = raw(value->substr(prefix.size(), comma - prefix.size()));
  const std::string point = raw(value->substr(comma + 4));
  ASSERT_EQ(signature.size(), 64U);
  EXPECT_EQ(point, public_key_of(array_of<32>(kSender)).value());
  EXPECT_TRUE(signed_by(point, kExampleInput, signature));
  std::string other = signature;
  other[5] = static_cast<char>(other[5] ^ 1);
  EXPECT_FALSE(signed_by(point, kExampleInput, other));
}

TEST(Subscription, NamesWhatIsWrongAndShowsNothing) {
  std::string off_curve = raw(kReceiver);
  off_curve[40] = static_cast<char>(off_curve[40] ^ 1);
  const struct {
    std::string text;
    const char* says;
  } cases[] = {{"", "no endpoint"},
               {"[]", "no endpoint"},
               {a_subscription(kReceiver, "BTBZMqHH6r4Tts7J_aSIgg", "ftp://SECRET"), "no endpoint"},
               {a_subscription(kReceiver, "BTBZMqHH6r4Tts7J_aSIgg", "https:///SECRET"), "no endpoint"},
               {a_subscription("SECRET"), "keys.p256dh"},
               {a_subscription(coded(off_curve)), "keys.p256dh"},
               {a_subscription(kReceiver, "SECRET"), "keys.auth"},
               {R"({"endpoint": "https://a.example/", "keys": 5})", "keys.p256dh"}};
  for (const auto& c : cases) {
    const auto subscription = parse_subscription(c.text);
    ASSERT_FALSE(subscription) << c.text;
    EXPECT_NE(subscription.error().find(c.says), std::string::npos) << subscription.error();
    EXPECT_EQ(subscription.error().find("SECRET"), std::string::npos);
  }
}

TEST(WebPush, AtMostOneRecord) {
  const auto subscription = parse_subscription(a_subscription()).value();
  const std::array<uint8_t, 16> salt{};
  const auto most = encrypt(subscription, std::string(kMaxPlaintext, 'x'), array_of<32>(kSender), salt);
  ASSERT_TRUE(most);
  EXPECT_LE(most->size(), 4096U);
  EXPECT_FALSE(encrypt(subscription, std::string(kMaxPlaintext + 1, 'x'), array_of<32>(kSender), salt));
}

}  // namespace
}  // namespace gatewitness::alert
