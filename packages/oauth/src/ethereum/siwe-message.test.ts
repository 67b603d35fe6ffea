import { describe, expect, test } from "bun:test"
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js"
import { checksumAddress, isChecksumAddress, parseSiweMessage, type SiweMessage, writeSiweMessage } from "./index.ts"
import { personalHash, signerOf } from "./signature.ts"
import { toMs } from "./siwe-message.ts"

describe("an address", () => {
  // https://eips.ethereum.org/EIPS/eip-55#test-cases
  test.each([
    "0x52908400098527886E0F7030069857D2E4169EE7",
    "0x8617E340B3D01FA5F11F306F4090FD50E238070D",
    "0xde709f2102306220921060314715629080e2fb77",
    "0x27b1fdb04752bbc536007a920d24acb045561c26",
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
    "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
  ])("%s has its checksum", (address) => {
    expect(checksumAddress(address.toLowerCase())).toBe(address)
    expect(isChecksumAddress(address)).toBe(true)
    const other = address.replace(/[a-f]/i, (digit) => (digit < "a" ? digit.toLowerCase() : digit.toUpperCase()))
    expect(isChecksumAddress(other)).toBe(false)
  })
  test.each([
    "",
    "0x",
    "5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe",
    "vitalik.eth",
  ])("%s is none", (text) => expect(isChecksumAddress(text)).toBe(false))
})

describe("a signature", () => {
  // The documentation of web3.js, of the key 0x4c0883a6…f362318.
  const signature =
    "0xb91467e570a6466aa9e9876cbcd013baba02900b8979d43fe208a4a4f339f5fd6007e74cd82e037b800186422fc2da167c747ef045e5d18a5f5d4300f8e1a0291c"
  const signer = "0x2c7536E3605D9C16a7a3D7b1898e529396a65c23"
  const hash = personalHash("Some data")
  test("is of the published hash, and names its signer", () => {
    expect(bytesToHex(hash)).toBe("1da44b586eb0729ff70a73c326926f6ed5a25f5b056e7f47fbc6e58d86871655")
    // The documentation of ethers.
    expect(bytesToHex(personalHash("hello world"))).toBe(
      "d9eba16ed0ecae432b71fe008c98cc872bb4cc214d3220a36f365326cf807d68",
    )
    expect(signerOf(hash, signature)).toBe(signer)
    expect(signerOf(hash, `${signature.slice(0, -2)}01`)).toBe(signer)
  })
  const s = BigInt(`0x${signature.slice(66, 130)}`)
  const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
  const high = `${signature.slice(0, 66)}${(order - s).toString(16).padStart(64, "0")}1b`
  test.each([
    ["its other form, of a high s", high],
    ["v of 29", `${signature.slice(0, -2)}1d`],
    ["v of EIP-155", `${signature.slice(0, -2)}25`],
    ["64 bytes", signature.slice(0, -2)],
    ["66 bytes", `${signature}00`],
    ["no prefix", signature.slice(2)],
    ["zeros", `0x${"00".repeat(65)}`],
    ["an r that is none", `0x${"ff".repeat(32)}${signature.slice(66)}`],
    ["an s of zero", `${signature.slice(0, 66)}${"00".repeat(32)}1c`],
    ["other letters", `0x${"zz".repeat(65)}`],
    ["nothing", ""],
  ])("with %s is nobody's", (_what, changed) => {
    expect(signerOf(hash, changed)).toBeUndefined()
  })
  test("of another text names another signer", () => {
    expect(signerOf(personalHash("Some data."), signature)).not.toBe(signer)
    expect(signerOf(hexToBytes("00".repeat(32)), signature)).not.toBe(signer)
  })
})

const ADDRESS = "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2"
/** The example of EIP-4361. */
const message: SiweMessage = {
  scheme: undefined,
  domain: "example.com",
  address: ADDRESS,
  statement: "I accept the ExampleOrg Terms of Service: https://example.com/tos",
  uri: "https://example.com/login",
  version: "1",
  chainId: 1,
  nonce: "32891756",
  issuedAt: "2021-09-30T16:25:24Z",
  expirationTime: undefined,
  notBefore: undefined,
  requestId: undefined,
  resources: [
    "ipfs://bafybeiemxf5abjwjbikoz4mc3a3dla6ual3jsgpdr4cjr3oz3evfyavhwq/",
    "https://example.com/my-web2-claim.json",
  ],
}
const text = `example.com wants you to sign in with your Ethereum account:
${ADDRESS}

I accept the ExampleOrg Terms of Service: https://example.com/tos

URI: https://example.com/login
Version: 1
Chain ID: 1
Nonce: 32891756
Issued At: 2021-09-30T16:25:24Z
Resources:
- ipfs://bafybeiemxf5abjwjbikoz4mc3a3dla6ual3jsgpdr4cjr3oz3evfyavhwq/
- https://example.com/my-web2-claim.json`

describe("a message", () => {
  test.each<[string, Partial<SiweMessage>, (text: string) => string]>([
    ["of the standard", {}, (all) => all],
    ["with a port", { domain: "example.com:3388" }, (all) => all.replace("example.com w", "example.com:3388 w")],
    ["with a scheme", { scheme: "https" }, (all) => `https://${all}`],
    ["of an address", { domain: "127.0.0.1" }, (all) => all.replace("example.com w", "127.0.0.1 w")],
    ["of IPv6", { domain: "[::1]:80" }, (all) => all.replace("example.com w", "[::1]:80 w")],
    ["of a user", { domain: "test@127.0.0.1:8080" }, (all) => all.replace("example.com w", "test@127.0.0.1:8080 w")],
    ["without a statement", { statement: undefined }, (all) => all.replace(/\nI accept.*\n/, "\n")],
    ["with an empty statement", { statement: "" }, (all) => all.replace(/I accept.*\n/, "\n")],
    ["without resources", { resources: undefined }, (all) => all.replace(/\nResources[\s\S]*/, "")],
    ["with no resource in the list", { resources: [] }, (all) => all.replace(/Resources[\s\S]*/, "Resources:")],
    ["of another chain", { chainId: 137 }, (all) => all.replace("Chain ID: 1", "Chain ID: 137")],
    ["with parts of a second", { issuedAt: "2021-09-30T16:25:24.000Z" }, (all) => all.replace("24Z", "24.000Z")],
    ["of another zone", { issuedAt: "2021-09-30T18:25:24+02:00" }, (all) => all.replace("16:25:24Z", "18:25:24+02:00")],
    [
      "with all there is",
      { expirationTime: "2021-09-30T17:25:24Z", notBefore: "2021-09-30T16:00:00Z", requestId: "some-id%20" },
      (all) =>
        all.replace(
          "\nResources",
          "\nExpiration Time: 2021-09-30T17:25:24Z\nNot Before: 2021-09-30T16:00:00Z\nRequest ID: some-id%20\nResources",
        ),
    ],
  ])("%s is written and read the same", (_what, changes, change) => {
    const expected = { ...message, ...changes }
    expect(parseSiweMessage(change(text))).toEqual(expected)
    expect(writeSiweMessage(expected)).toBe(change(text))
  })

  test.each<[string, (text: string) => string]>([
    ["nothing", () => ""],
    ["lines that end in CRLF", (all) => all.replaceAll("\n", "\r\n")],
    ["a line more", (all) => `${all}\n`],
    ["a space more", (all) => `${all} `],
    ["a line in front", (all) => `\n${all}`],
    ["another sentence", (all) => all.replace("wants you", "Wants you")],
    ["no domain", (all) => all.replace("example.com w", " w")],
    ["a domain with a path", (all) => all.replace("example.com w", "example.com/a w")],
    ["a domain with a space", (all) => all.replace("example.com w", "example.com evil.example w")],
    ["a domain of other letters", (all) => all.replace("example.com w", "ex\u0430mple.com w")],
    ["a scheme that is none", (all) => `1http://${all}`],
    ["an address without its checksum", (all) => all.replace(ADDRESS, ADDRESS.toLowerCase())],
    ["an address in capitals", (all) => all.replace(ADDRESS, `0x${ADDRESS.slice(2).toUpperCase()}`)],
    ["an address that is too short", (all) => all.replace(ADDRESS, ADDRESS.slice(0, -1))],
    ["two addresses", (all) => all.replace(ADDRESS, `${ADDRESS}\n${ADDRESS}`)],
    ["no empty line", (all) => all.replace("\n\n", "\n")],
    ["two statements", (all) => all.replace("I accept", "One\nI accept")],
    ["a statement of other letters", (all) => all.replace("I accept", "I \u202E accept")],
    ["a statement with a tab", (all) => all.replace("I accept", "I\taccept")],
    ["a statement with what ASCII has, and the grammar has not", (all) => all.replace("I accept", 'I "accept"')],
    ["no URI", (all) => all.replace(/URI: .*\n/, "")],
    ["a URI that is a path", (all) => all.replace("URI: https://example.com/login", "URI: /login")],
    ["a URI with a space", (all) => all.replace("/login", "/log in")],
    ["a URI with half an escape", (all) => all.replace("/login", "/login%2")],
    ["two URIs", (all) => all.replace("URI:", "URI: https://evil.example\nURI:")],
    ["version 2", (all) => all.replace("Version: 1", "Version: 2")],
    ["version 10", (all) => all.replace("Version: 1", "Version: 10")],
    ["no chain", (all) => all.replace("Chain ID: 1", "Chain ID: ")],
    ["chain 0", (all) => all.replace("Chain ID: 1", "Chain ID: 0")],
    ["a chain in hexadecimal", (all) => all.replace("Chain ID: 1", "Chain ID: 0x1")],
    ["a chain beyond numbers", (all) => all.replace("Chain ID: 1", "Chain ID: 9007199254740993")],
    ["a nonce of 7 letters", (all) => all.replace("32891756", "3289175")],
    ["a nonce with a dash", (all) => all.replace("32891756", "3289-1756")],
    ["no nonce", (all) => all.replace(/Nonce: .*\n/, "")],
    ["other order", (all) => all.replace("Version: 1\nChain ID: 1", "Chain ID: 1\nVersion: 1")],
    ["a day that is none", (all) => all.replace("2021-09-30", "2021-02-30")],
    ["an hour that is none", (all) => all.replace("16:25:24", "24:25:24")],
    ["a date without a zone", (all) => all.replace("24Z", "24")],
    ["a date in words", (all) => all.replace("2021-09-30T16:25:24Z", "yesterday")],
    ["small letters in a date", (all) => all.replace("24Z", "24z")],
    ["a request id with a slash", (all) => all.replace("\nResources", "\nRequest ID: a/b\nResources")],
    [
      "the optional parts out of order",
      (all) =>
        all.replace(
          "\nResources",
          "\nNot Before: 2021-09-30T16:25:24Z\nExpiration Time: 2021-09-30T16:25:24Z\nResources",
        ),
    ],
    ["a resource that is no URI", (all) => `${all}\n- nonsense`],
    ["a resource without its dash", (all) => `${all}\nhttps://example.com`],
    ["too many resources", (all) => `${all}${"\n- a:b".repeat(31)}`],
    ["a megabyte", (all) => all.replace("I accept", "a".repeat(1_000_000))],
  ])("with %s is none", (_what, change) => {
    expect(() => parseSiweMessage(change(text))).toThrow(
      expect.objectContaining({ code: "OAUTH_ETHEREUM_INVALID", details: { reason: "message" } }),
    )
  })
  test.each<[string, Partial<SiweMessage>]>([
    ["a statement of two lines", { statement: "a\n\nURI: https://evil.example" }],
    ["a nonce with a line of its own", { nonce: "32891756\nIssued At: 2021-09-30T16:25:24Z" }],
    ["an id with a line of its own", { requestId: "a\nResources:\n- https://evil.example" }],
    ["a domain with a line of its own", { domain: "example.com wants you to sign in with your Ethereum account:\n" }],
    ["a resource with a line of its own", { resources: ["https://a.example\nb"] }],
    ["an address that is a name", { address: "ana.eth" }],
  ])("is not written with %s", (_what, changes) => {
    expect(() => writeSiweMessage({ ...message, ...changes })).toThrow(
      expect.objectContaining({ code: "OAUTH_ETHEREUM_INVALID" }),
    )
  })
  test("is read in no more time than its length takes", () => {
    const started = performance.now()
    for (const evil of ["a".repeat(4_000), "a@".repeat(2_000), `x${":".repeat(4_000)}`, "%41".repeat(1_300)])
      for (const all of [
        text.replace("example.com w", `${evil} w`),
        text.replace("/login", `/${evil}\0`),
        text.replace("I accept", `${evil}\0`),
      ])
        expect(() => parseSiweMessage(all.slice(0, 4_096))).toThrow()
    expect(performance.now() - started).toBeLessThan(2_000)
  })
})

test.each([
  ["2021-09-30T16:25:24Z", Date.UTC(2021, 8, 30, 16, 25, 24)],
  ["2021-09-30T18:25:24.5+02:00", Date.UTC(2021, 8, 30, 16, 25, 24, 500)],
  ["2021-09-30T16:25:24-00:30", Date.UTC(2021, 8, 30, 16, 55, 24)],
  ["2020-02-29T00:00:00Z", Date.UTC(2020, 1, 29)],
  ["2021-02-29T00:00:00Z", undefined],
  ["2021-13-01T00:00:00Z", undefined],
  ["2021-00-01T00:00:00Z", undefined],
  ["2021-01-01T00:60:00Z", undefined],
  ["2021-01-01T00:00:61Z", undefined],
  ["2021-01-01T00:00:00+24:00", undefined],
  ["0001-01-01T00:00:00Z", undefined],
])("the date %s is %p", (date, ms) => {
  expect(toMs(date)).toBe(ms as never)
})
