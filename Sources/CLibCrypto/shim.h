// The block functions (SHA256_Init, _Update, _Final) keep their state in a plain struct: no lock, no allocation, and so
// they scale over cores, which OpenSSL 3.0's one-shot SHA256() does not. OpenSSL marks them deprecated in favour of EVP.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
