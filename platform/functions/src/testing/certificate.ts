/** A certificate for tests, signed by itself, good for a hundred years. Nothing outside the tests trusts it. */
export const testCertificate: { readonly host: string; readonly certificate: string; readonly key: string } = {
  host: "api.example.com",
  certificate: `-----BEGIN CERTIFICATE-----
MIIBpzCCAU2gAwIBAgIUV0Ezp9VY7wtCMZ2Xaw9ttXaK4+AwCgYIKoZIzj0EAwIw
GjEYMBYGA1UEAwwPYXBpLmV4YW1wbGUuY29tMCAXDTI2MTEyMTAzMjEwM1oYDzIx
MjYxMDI4MDMyMTAzWjAaMRgwFgYDVQQDDA9hcGkuZXhhbXBsZS5jb20wWTATBgcq
hkjOPQIBBggqhkjOPQMBBwNCAASE6NHImdQjWqzDs0xp1Mx3pZXZb8WFXkQAtekr
FryWLqUy+LceUz0iiQGeULyOjmNcikyNZvRGIK5mgms9h7s/o28wbTAdBgNVHQ4E
FgQUCnCoYLuiDBBx10hceEaJhTRSfdwwHwYDVR0jBBgwFoAUCnCoYLuiDBBx10hc
eEaJhTRSfdwwDwYDVR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgg9hcGkuZXhhbXBs
ZS5jb20wCgYIKoZIzj0EAwIDSAAwRQIgH5uVzUeSVr/E3lRdv4AKjcV+F0ssPbZI
Vthu7QR72AsCIQCqHcUEGRyIV/ItY/QrfnSszAXBylhE6bTWBMBp94N6oQ==
-----END CERTIFICATE-----
`,
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgf0zIi33Vca2YCpHn
tTMRhZEjdyUoLGYSKU1OosTo3PmhRANCAASE6NHImdQjWqzDs0xp1Mx3pZXZb8WF
XkQAtekrFryWLqUy+LceUz0iiQGeULyOjmNcikyNZvRGIK5mgms9h7s/
-----END PRIVATE KEY-----
`,
}
