// SPDX-License-Identifier: Apache-2.0
#include "daemon/alert/web_push.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/param_build.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "daemon/alert/button.h"  // base64url
#include "daemon/alert/message.h"
#include "probes/wire/json_text.h"

namespace gatewitness::alert {
namespace {

using nlohmann::json;

constexpr std::size_t kPointBytes = 65;

template <auto free_one>
struct Free {
  template <typename T>
  void operator()(T* value) const noexcept {
    free_one(value);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Free<EVP_PKEY_CTX_free>>;
using Number = std::unique_ptr<BIGNUM, Free<BN_clear_free>>;
using Group = std::unique_ptr<EC_GROUP, Free<EC_GROUP_free>>;
using Point = std::unique_ptr<EC_POINT, Free<EC_POINT_free>>;
using Builder = std::unique_ptr<OSSL_PARAM_BLD, Free<OSSL_PARAM_BLD_free>>;
using Params = std::unique_ptr<OSSL_PARAM, Free<OSSL_PARAM_free>>;
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, Free<EVP_CIPHER_CTX_free>>;
using Digest = std::unique_ptr<EVP_MD_CTX, Free<EVP_MD_CTX_free>>;
using Signature = std::unique_ptr<ECDSA_SIG, Free<ECDSA_SIG_free>>;

const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

std::unexpected<std::string> fault(const char* what) {
  return std::unexpected(std::string("Web Push: ") + what);
}

// A key on P-256 from its point, and its scalar where it is ours. OpenSSL checks that the point lies on the
// curve.
Key make_key(std::string_view point, const P256Scalar* scalar) {
  const Builder builder(OSSL_PARAM_BLD_new());
  Number number;
  bool ok =
      OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) == 1 &&
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) ==
          1;
  if (scalar != nullptr) {
    number.reset(BN_secure_new());
    BN_bin2bn(scalar->data(), static_cast<int>(scalar->size()), number.get());
    ok = ok && OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, number.get()) == 1;
  }
  if (!ok) return nullptr;
  const Params params(OSSL_PARAM_BLD_to_param(builder.get()));
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  EVP_PKEY* key = nullptr;
  if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, scalar != nullptr ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY,
                        params.get()) != 1)
    return nullptr;
  return Key(key);
}

std::string shared_secret(const Key& own, const Key& peer) {
  const KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, own.get(), nullptr));
  std::string secret(32, '\0');
  std::size_t size = secret.size();
  if (!context || EVP_PKEY_derive_init(context.get()) != 1 ||
      EVP_PKEY_derive_set_peer(context.get(), peer.get()) != 1 ||
      EVP_PKEY_derive(context.get(), bytes(secret), &size) != 1 || size != secret.size())
    return "";
  return secret;
}

// RFC 5869 with SHA-256, both steps.
std::string hkdf(std::string_view salt, std::string_view secret, std::string_view info, std::size_t length) {
  const KeyContext context(EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, nullptr));
  std::string out(length, '\0');
  if (!context || EVP_PKEY_derive_init(context.get()) != 1 ||
      EVP_PKEY_CTX_set_hkdf_md(context.get(), EVP_sha256()) != 1 ||
      EVP_PKEY_CTX_set1_hkdf_salt(context.get(), bytes(salt), static_cast<int>(salt.size())) != 1 ||
      EVP_PKEY_CTX_set1_hkdf_key(context.get(), bytes(secret), static_cast<int>(secret.size())) != 1 ||
      EVP_PKEY_CTX_add1_hkdf_info(context.get(), bytes(info), static_cast<int>(info.size())) != 1 ||
      EVP_PKEY_derive(context.get(), bytes(out), &length) != 1)
    return "";
  return out;
}

std::string aes128gcm(std::string_view key, std::string_view nonce, std::string_view plaintext) {
  const Cipher cipher(EVP_CIPHER_CTX_new());
  std::string out(plaintext.size() + 16, '\0');
  int size = 0, last = 0;
  if (!cipher ||
      EVP_EncryptInit_ex(cipher.get(), EVP_aes_128_gcm(), nullptr, bytes(key), bytes(nonce)) != 1 ||
      EVP_EncryptUpdate(cipher.get(), bytes(out), &size, bytes(plaintext),
                        static_cast<int>(plaintext.size())) != 1 ||
      EVP_EncryptFinal_ex(cipher.get(), bytes(out) + size, &last) != 1 ||
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, 16, bytes(out) + plaintext.size()) != 1)
    return "";
  return out;
}

// r || s of 32 bytes each, as JWS wants it (RFC 7518 section 3.4), from OpenSSL's DER.
std::string es256(const Key& key, std::string_view input) {
  const Digest digest(EVP_MD_CTX_new());
  std::size_t size = 0;
  if (!digest || EVP_DigestSignInit(digest.get(), nullptr, EVP_sha256(), nullptr, key.get()) != 1 ||
      EVP_DigestSign(digest.get(), nullptr, &size, bytes(input), input.size()) != 1)
    return "";
  std::string der(size, '\0');
  if (EVP_DigestSign(digest.get(), bytes(der), &size, bytes(input), input.size()) != 1) return "";
  const unsigned char* at = bytes(std::string_view(der));
  const Signature signature(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(size)));
  std::string out(64, '\0');
  if (!signature || BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), bytes(out), 32) != 32 ||
      BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), bytes(out) + 32, 32) != 32)
    return "";
  return out;
}

std::string coded(std::string_view text) {
  return base64url({bytes(text), text.size()});
}

}  // namespace

std::expected<Subscription, std::string> parse_subscription(std::string_view text) {
  const json value = read_json(text);
  const auto text_at = [](const json& object, const char* key) {
    const auto found = object.is_object() ? object.find(key) : object.end();
    return object.is_object() && found != object.end() && found->is_string() ? found->get<std::string>() : "";
  };
  Subscription subscription;
  subscription.endpoint = text_at(value, "endpoint");
  const json keys = value.is_object() && value.contains("keys") ? value.at("keys") : json();
  const auto point = from_base64url(text_at(keys, "p256dh"), 128),
             auth = from_base64url(text_at(keys, "auth"), 64);
  const bool address =
      (subscription.endpoint.starts_with("https://") || subscription.endpoint.starts_with("http://")) &&
      subscription.endpoint.size() <= 2048 && origin_of(subscription.endpoint).size() > 8 &&
      subscription.endpoint.find_first_of(" \r\n\t") == std::string::npos;
  if (!address) return fault("the subscription has no endpoint (https://...)");
  if (!point || point->size() != kPointBytes || !make_key(*point, nullptr))
    return fault("the subscription's keys.p256dh is no point of P-256 in base64url (65 bytes)");
  if (!auth || auth->size() != 16) return fault("the subscription's keys.auth is not 16 bytes in base64url");
  subscription.p256dh = *point;
  subscription.auth = *auth;
  return subscription;
}

std::expected<std::string, std::string> public_key_of(const P256Scalar& scalar) {
  const Group group(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1));
  const Number number(BN_secure_new());
  BN_bin2bn(scalar.data(), static_cast<int>(scalar.size()), number.get());
  if (!group || BN_is_zero(number.get()) || BN_cmp(number.get(), EC_GROUP_get0_order(group.get())) >= 0)
    return fault("not a private key of P-256");
  const Point point(EC_POINT_new(group.get()));
  std::string out(kPointBytes, '\0');
  if (!point || EC_POINT_mul(group.get(), point.get(), number.get(), nullptr, nullptr, nullptr) != 1 ||
      EC_POINT_point2oct(group.get(), point.get(), POINT_CONVERSION_UNCOMPRESSED, bytes(out), out.size(),
                         nullptr) != out.size())
    return fault("no public key");
  return out;
}

std::expected<std::string, std::string> encrypt(const Subscription& subscription, std::string_view plaintext,
                                                const P256Scalar& ephemeral,
                                                std::span<const uint8_t, 16> salt) {
  if (plaintext.size() > kMaxPlaintext) return fault("the message is longer than 3993 bytes");
  const auto own_point = public_key_of(ephemeral);
  if (!own_point) return own_point;
  const Key own = make_key(*own_point, &ephemeral), peer = make_key(subscription.p256dh, nullptr);
  if (!own || !peer) return fault("a key was not taken");
  // RFC 8291 section 3.4.
  const std::string secret = shared_secret(own, peer);
  const std::string info = std::string("WebPush: info\0", 14) + subscription.p256dh + *own_point;
  const std::string material = hkdf(subscription.auth, secret, info, 32);
  const std::string salt_text(salt.begin(), salt.end());
  const std::string key =
      hkdf(salt_text, material, std::string_view("Content-Encoding: aes128gcm\0", 28), 16);
  const std::string nonce = hkdf(salt_text, material, std::string_view("Content-Encoding: nonce\0", 24), 12);
  if (secret.empty() || material.empty() || key.empty() || nonce.empty())
    return fault("no key could be derived");
  // RFC 8188 section 2: the last record ends in 2, and nothing is padded.
  const std::string sealed = aes128gcm(key, nonce, std::string(plaintext) + '\x02');
  if (sealed.empty()) return fault("encryption failed");
  std::string header = salt_text;
  for (const int shift : {24, 16, 8, 0}) header += static_cast<char>(kRecordSize >> shift & 0xffU);
  header += static_cast<char>(own_point->size());
  return header + *own_point + sealed;
}

std::string jwt_input(std::string_view audience, std::string_view contact, Timestamp expires) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(expires).time_since_epoch().count();
  // In the order of RFC 8292's example, which the tests compare with.
  std::string claims = "{\"aud\":" + json(audience).dump() + ",\"exp\":" + std::to_string(seconds);
  if (!contact.empty()) claims += ",\"sub\":" + json(contact).dump();
  return coded(R"({"typ":"JWT","alg":"ES256"})") + "." + coded(claims + "}");
}

std::expected<std::string, std::string> vapid(const P256Scalar& private_key, std::string_view audience,
                                              std::string_view contact, Timestamp expires) {
  const auto point = public_key_of(private_key);
  if (!point) return point;
  const std::string input = jwt_input(audience, contact, expires);
  const Key key = make_key(*point, &private_key);
  const std::string signature = key ? es256(key, input) : "";
  if (signature.empty()) return fault("cannot sign");
  return "vapid t=" + input + "." + coded(signature) + ", k=" + coded(*point);
}

}  // namespace gatewitness::alert
