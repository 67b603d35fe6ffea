import { describe, expect, test } from "bun:test"
import { argon2 } from "./argon2.ts"
import { formatArgon2Hash, parseArgon2Hash } from "./argon2-hash.ts"
import { createPasswords } from "./passwords.ts"
import { createTurnstile } from "./turnstile.ts"

const quick = { memoryKib: 64, passes: 1, allowWeak: true } as const
const passwords = createPasswords(quick)
const median = (times: number[]): number => times.toSorted((a, b) => a - b)[times.length >> 1]!

describe("argon2", () => {
  const fill = (length: number, byte: number) => new Uint8Array(length).fill(byte)
  test("gives the reference implementation's tags", async () => {
    // phc-winner-argon2, src/test.c
    const vectors = [
      [65_536, 2, 1, "password", "somesalt", "CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"],
      [256, 2, 1, "password", "somesalt", "nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"],
      [256, 2, 2, "password", "somesalt", "bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc"],
      [65_536, 1, 1, "password", "somesalt", "9qWtwbpyPd3vm1rB1GThgPzZ3/ydHL92zKL+15XZypg"],
      [65_536, 4, 1, "password", "somesalt", "kCXUjmjvc5XMqQedpMTsOv+zyJEf5PhtGiUghW9jFyw"],
      [65_536, 2, 1, "differentpassword", "somesalt", "C4TWUs9rDEvq7w3+J4umqA32aWKB1+DSiRuBfYxFj94"],
      [65_536, 2, 1, "password", "diffsalt", "vfMrBczELrFdWP0ZsfhWsRPaHppYdP3MVEMIVlqoFBw"],
    ] as const
    for (const [memoryKib, passes, lanes, message, salt, tag] of vectors) {
      const given = { type: "argon2id", memoryKib, passes, lanes, tagBytes: 32 } as const
      const made = await argon2({ ...given, message: Buffer.from(message), salt: Buffer.from(salt) })
      expect(Buffer.from(made).toString("base64")).toBe(`${tag}=`)
    }
  })
  test("is the runtime's own, which gives the tag of RFC 9106, section 5.3", async () => {
    const { argon2Sync } = await import("node:crypto")
    const given = {
      secret: fill(8, 3),
      associatedData: fill(12, 4),
      memory: 32,
      passes: 3,
      parallelism: 4,
      tagLength: 32,
    }
    const tag = argon2Sync("argon2id", { message: fill(32, 1), nonce: fill(16, 2), ...given })
    expect(tag.toString("hex")).toBe("0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659")
  })
  test("writes hashes that it reads, and reads no others", () => {
    const hash = { type: "argon2id", memoryKib: 64, passes: 1, lanes: 1, salt: fill(16, 1), tag: fill(32, 2) } as const
    const text = formatArgon2Hash(hash)
    expect(parseArgon2Hash(text)).toEqual(hash)
    for (const other of [
      text.replace("v=19", "v=16"),
      text.replace("m=64", "m=1048577"),
      text.replace("m=64", "m=1048576").replace("t=1", "t=9"),
      text.replace("t=1", "t=0"),
      text.replace("p=1", "p=9"),
      text.replace("p=1", "p=0"),
      `${text}=`,
      `${text}\n`,
      text.slice(1),
      text.replace("argon2id", "argon2"),
      "",
    ])
      expect(parseArgon2Hash(other)).toBe(undefined)
  })
})

describe("a password", () => {
  test("matches its own hash and no other, and no two hashes are the same", async () => {
    const [one, two] = [await passwords.hash("correct horse"), await passwords.hash("correct horse")]
    expect(one).toMatch(/^\$argon2id\$v=19\$m=64,t=1,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
    expect(one).not.toBe(two)
    for (const hash of [one, two]) {
      expect(await passwords.verify("correct horse", hash)).toBe(true)
      for (const wrong of ["correct horse ", "Correct horse", "correct", "", "x".repeat(5_000)])
        expect(await passwords.verify(wrong, hash)).toBe(false)
    }
  })
  test("of nobody is never right", async () => {
    for (const kept of [undefined, null]) expect(await passwords.verify("-", kept)).toBe(false)
  })
  test("is the same however a keyboard composes it", async () => {
    const hash = await passwords.hash("caf\u00e9 \u00e5\u3000x")
    for (const same of ["cafe\u0301 a\u030a x", "caf\u00e9\u00a0\u212b x".replace("\u212b", "\u00e5")])
      expect(await passwords.verify(same, hash)).toBe(true)
    expect(await passwords.verify("cafe a x", hash)).toBe(false)
  })
  test("hash and runtimes agree: Bun reads ours, and we Bun's", async () => {
    expect(await Bun.password.verify("correct horse", await passwords.hash("correct horse"))).toBe(true)
    const bun = await Bun.password.hash("correct horse", { algorithm: "argon2id", memoryCost: 64, timeCost: 2 })
    expect(await passwords.verify("correct horse", bun)).toBe(true)
  })
  test("with no characters or too many is not hashed: AUTH_PASSWORD_WEAK", async () => {
    for (const text of ["", "x".repeat(4_097)])
      expect(await passwords.hash(text).catch((error) => error)).toMatchObject({ code: "AUTH_PASSWORD_WEAK" })
  })
  test("of an unknown user takes as long as a wrong one", async () => {
    const slow = createPasswords({ memoryKib: 4_096, passes: 2, allowWeak: true })
    const hash = await slow.hash("correct horse")
    const timed = async (kept: string | undefined, typed: string) => {
      const started = performance.now()
      expect(await slow.verify(typed, kept)).toBe(false)
      return performance.now() - started
    }
    const ratios: number[] = []
    // Of several rounds the most equal one decides: a machine that does other things beside makes any one of them unequal.
    for (let round = 0; round < 5 && !(ratios.at(-1)! > 0.75 && ratios.at(-1)! < 1.33); round++) {
      const times: Record<string, number[]> = { known: [], unknown: [], empty: [] }
      for (let at = 0; at < 25; at++) {
        times.known!.push(await timed(hash, "wrong"))
        times.unknown!.push(await timed(undefined, "wrong"))
        times.empty!.push(await timed(hash, ""))
      }
      const [known, unknown, empty] = [median(times.known!), median(times.unknown!), median(times.empty!)]
      ratios.push(
        Math.abs(Math.log(unknown / known)) > Math.abs(Math.log(empty / known)) ? unknown / known : empty / known,
      )
    }
    expect(ratios.at(-1)).toBeGreaterThan(0.75)
    expect(ratios.at(-1)).toBeLessThan(1.33)
  }, 60_000)
})

describe("a hash of another system", () => {
  const letmein = "pleaseletmein"
  test.each<[string, string, string]>([
    ["bcrypt 2a", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U"], // crypt_blowfish, wrapper.c
    ["bcrypt 2b", "$2b$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK", "U*U*"],
    ["bcrypt 2y", "$2y$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a", "U*U*U"],
    [
      "bcrypt past 72 bytes",
      "$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui",
      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789chars after 72 are ignored",
    ],
    ["Django's bcrypt", "bcrypt$$2b$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK", "U*U*"],
    [
      "scrypt of RFC 7914", // section 12
      "$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofLVQylVYT8Pz2LUlwUkKpr55h6F3A1lHkDfzwF7RVdYhw",
      letmein,
    ],
    [
      "Werkzeug's scrypt",
      "scrypt:32768:8:1$Jv3mNlTqwK1c$bd6930ee7352325d8c535c538a8b4dcbb6a527a2eb360be06f287dcd93658d3472959f0d82ad09ad02e3cf3825e75554f8e0f3ed78803033c83c01504d7c229f",
      letmein,
    ],
    [
      "Django's scrypt",
      "scrypt$16384$seasalt$8$1$QYMKAvVSvu9Doyw+gECcWuAywfarJ9CFLHGLYje/2kVeivMNpsWZtm2+GWEBNKakBiBcBbdSjpaYah7CKEeEZQ==",
      letmein,
    ],
    [
      "Better Auth's scrypt",
      "00112233445566778899aabbccddeeff:5c0af2cd0349a664ea9ddfc88a1a87e0f99b63cdfdd0a7e8b85feebe2c135e81da0fcb769eac44961ad3e0160d48263d989b73e81ac96d20c096049230065ff4",
      letmein,
    ],
    ["Django's PBKDF2", "pbkdf2_sha256$1000$seasalt$XNisG+VlWlLsj0OZcq3UiAAxLi8RplhJ3gNBhBG6raA=", letmein],
    ["passlib's PBKDF2", "$pbkdf2-sha256$1000$....MTIzNDU2Nzg$eXkk07.T7SYYNjTtrgukg5vKu5KMcxaiXX7xDdSGSPg", letmein],
    ["PBKDF2 as PHC", "$pbkdf2-sha512$i=1000,l=32$c2FsdHNhbHQ$n2OIuQkVr/BF7KnSASUHPMsjBODLv+8mdAjTNa1dkp0", letmein],
    [
      "Werkzeug's PBKDF2",
      "pbkdf2:sha256:1000$Ab12Cd34$3cb4e6a9e71cfd595ef73fc658caeea25989c795d22b2a298a04cdfe99e7d98d",
      letmein,
    ],
    [
      "ASP.NET Identity's",
      "AQAAAAEAAAPoAAAAEDAxMjM0NTY3ODlhYmNkZWZNrI3lew7HMuFGgULyZefiNMQkMynzwFQ/NJBc6fMFBg==",
      letmein,
    ],
    ["PBKDF2 of RFC 6070", "$pbkdf2$4096$c2FsdA$SwB5AbdlSJq+rUnZJvch0GWkKcE", "password"],
    ["argon2i", "$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8", "password"],
  ])("%s is verified, and made anew", async (_name, hash, password) => {
    const saved: string[] = []
    const save = async (better: string) => saved.push(better)
    for (const wrong of [password.slice(1), `${password[0]}${password}`, ""])
      expect(await passwords.verify(wrong, hash, save)).toBe(false)
    expect([saved, passwords.isOutdated(hash)]).toEqual([[], true])
    expect(await passwords.verify(password, hash, save)).toBe(true)
    expect([saved.length, passwords.isOutdated(saved[0]!), await passwords.verify(password, saved[0])]).toEqual([
      1,
      false,
      true,
    ])
  })
  test.each([
    "",
    "plain text",
    "5f4dcc3b5aa765d61d8327deb882cf99",
    "$2x$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
    "$2b$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
    "$scrypt$ln=30,r=8,p=1$U29kaXVt$cCO9yzr9c0hGHAbNgf046/2o+7qQT44",
    "$scrypt$ln=14,r=8,p=99$U29kaXVt$cCO9yzr9c0hGHAbNgf046/2o+7qQT44",
    "scrypt:32767:8:1$abc$bd6930ee7352325d8c535c538a8b4dcbb6a527a2",
    "pbkdf2_sha256$99999999$seasalt$XNisG+VlWlLsj0OZcq3UiAAxLi8RplhJ3gNBhBG6raA=",
    "pbkdf2_md5$1000$seasalt$XNisG+VlWlLsj0OZcq3UiAAxLi8RplhJ3gNBhBG6raA=",
    "$argon2id$v=19$m=99999999,t=1,p=1$c29tZXNhbHQ$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8",
  ])("%p is none, or asks for too much: AUTH_PASSWORD_HASH_UNKNOWN", async (hash) => {
    expect(await passwords.verify("password", hash).catch((error) => error)).toMatchObject({
      code: "AUTH_PASSWORD_HASH_UNKNOWN",
      status: 500,
    })
  })
  test("that folded passwords in its own way is verified so, and made anew", async () => {
    const ours = createPasswords({ ...quick, formerly: (text) => text.normalize("NFKC") })
    const hash = await Bun.password.hash("\uff41bc password".normalize("NFKC"), {
      algorithm: "argon2id",
      memoryCost: 64,
      timeCost: 2,
    })
    const saved: string[] = []
    expect(await passwords.verify("\uff41bc password", hash)).toBe(false)
    expect(await ours.verify("\uff41bc password", hash, async (better) => saved.push(better))).toBe(true)
    expect([await passwords.verify("\uff41bc password", saved[0]), saved.length]).toEqual([true, 1])
  })
})

describe("a hash", () => {
  test("is made anew when new ones take more work, not when they take less", async () => {
    const strong = createPasswords({ memoryKib: 128, passes: 2, allowWeak: true })
    const [old, fresh] = [await passwords.hash("a password"), await strong.hash("a password")]
    expect([strong.isOutdated(old), strong.isOutdated(fresh), passwords.isOutdated(fresh)]).toEqual([
      true,
      false,
      false,
    ])
    const saved: string[] = []
    await strong.verify("a password", fresh, async (better) => saved.push(better))
    await strong.verify("wrong", old, async (better) => saved.push(better))
    expect(saved).toEqual([])
    await strong.verify("a password", old, async (better) => saved.push(better))
    expect(saved[0]).toStartWith("$argon2id$v=19$m=128,t=2,p=1$")
  })
  test("that cannot be saved keeps nobody out", async () => {
    const told: unknown[] = []
    const strong = createPasswords({ memoryKib: 128, passes: 2, allowWeak: true, onError: (error) => told.push(error) })
    const problem = new RangeError("read-only")
    const save = () => Promise.reject(problem)
    expect([await strong.verify("a password", await passwords.hash("a password"), save), told]).toEqual([
      true,
      [problem],
    ])
  })
})

describe("work", () => {
  test("is done so much at a time, in turn, and no more waits than may: AUTH_PASSWORDS_BUSY", async () => {
    const turn = createTurnstile(2, 3)
    const ends: (() => void)[] = []
    const began: number[] = []
    const task = (at: number) => () =>
      new Promise<void>((resolve) => {
        began.push(at)
        ends.push(resolve)
      })
    const all = [0, 1, 2, 3, 4].map((at) => turn(task(at)))
    expect(await turn(task(5)).catch((error) => error)).toMatchObject({
      code: "AUTH_PASSWORDS_BUSY",
      status: 503,
      details: { retryAfterSeconds: 1 },
    })
    for (let at = 0; at < 5; at++) {
      expect(began).toEqual([0, 1, 2, 3, 4].slice(0, Math.min(5, at + 2)))
      ends[at]!()
      await Bun.sleep(1)
    }
    await Promise.all(all)
    const failing = turn(() => Promise.reject(new RangeError("x")))
    expect(await failing.catch((error) => error)).toBeInstanceOf(RangeError)
    expect(await turn(async () => "free again")).toBe("free again")
  })
  test("of many who sign in at once ends, each with its own answer", async () => {
    const few = createPasswords({ ...quick, concurrency: 2, queueLimit: 100 })
    const hash = await few.hash("right")
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, at) => few.verify(at % 3 ? "wrong" : "right", hash)),
    )
    expect(answers).toEqual(Array.from({ length: 60 }, (_, at) => at % 3 === 0))
  })
  test.each([
    [{ memoryKib: 17_919 }],
    [{ passes: 1 }],
    [{ memoryKib: 7, allowWeak: true }],
    [{ memoryKib: 1_048_577 }],
    [{ memoryKib: 1_048_576, passes: 32 }],
    [{ passes: 0, allowWeak: true }],
    [{ lanes: 17 }],
    [{ concurrency: 0 }],
    [{ concurrency: 1.5 }],
    [{ queueLimit: -1 }],
  ])("with %j is refused: AUTH_SETUP_INVALID", (options) => {
    expect(() => createPasswords(options)).toThrow(expect.objectContaining({ code: "AUTH_SETUP_INVALID" }))
  })
})
