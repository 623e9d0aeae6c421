/**
 * A key and a certificate for localhost and 127.0.0.1 that sign themselves, for tests alone:
 * `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 36500
 * -subj /CN=localhost -addext "subjectAltName=DNS:localhost,IP:127.0.0.1"`.
 */
export const certificate = `-----BEGIN CERTIFICATE-----
MIIBmzCCAUGgAwIBAgIUPFiRELKL9nasN+raovdbPeY+TDMwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTA0MDYwOVoYDzIxMjYxMDI4
MDQwNjA5WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAR7hXLfgzved3yBOCIcH5HZk8Cx6bK2797x01GBMQ9dYwEgQDWC7Uc5
nAc+r8qTH7KASERJLnAFjCw2690vdw9/o28wbTAdBgNVHQ4EFgQUS75cIi2ahtHb
G8cqW6kh3A8oPAowHwYDVR0jBBgwFoAUS75cIi2ahtHbG8cqW6kh3A8oPAowDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSAAwRQIgfzA6RlybdnAnYpUcprZDRku3//aqgoCOQwPi5nqqdTECIQDp
dDu/zoq0SP2Qi42yVVT8oT98d8fYI9K6LvNbCO4Ahg==
-----END CERTIFICATE-----
`;

export const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgIcQ4u2V71nJ2BSfh
trdolF41sMouDZ+mj7BkA4Wo3TehRANCAAR7hXLfgzved3yBOCIcH5HZk8Cx6bK2
797x01GBMQ9dYwEgQDWC7Uc5nAc+r8qTH7KASERJLnAFjCw2690vdw9/
-----END PRIVATE KEY-----
`;
