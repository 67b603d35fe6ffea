import { describe, expect, test } from "bun:test"
import { join, posix, resolve, win32 } from "node:path"
import { sanitizeFilename } from "@ashlar/core/files"
import { randomOf } from "./testing-form.ts"

describe("a file's name", () => {
  test.each<[string, string]>([
    ["photo.png", "photo.png"],
    ["über ☃.tar.gz", "über ☃.tar.gz"],
    ["../../etc/passwd", "passwd"],
    ["..\\..\\windows\\system32\\cmd.exe", "cmd.exe"],
    ["C:\\fakepath\\a.png", "a.png"],
    ["/absolute/", "file"],
    ["..", "file"],
    [".", "file"],
    ["", "file"],
    ["   ", "file"],
    ["...", "file"],
    [".htaccess", "htaccess"],
    [".incoming", "incoming"],
    ["a.png. . ", "a.png"],
    ["shell.php\0.png", "shell.php.png"],
    ["a\r\nSet-Cookie: x.png", "aSet-Cookie_ x.png"],
    ["a\u2028b\u0085.txt", "ab.txt"],
    ["photo\u202egpj.exe", "photogpj.exe"],
    ["zero\u200bwidth\ufeff.txt", "zerowidth.txt"],
    ["lone\ud800.txt", "lone.txt"],
    ['a<b>:c|d?e*f"g.txt', "a_b__c_d_e_f_g.txt"],
    ["CON", "_CON"],
    ["nul.txt", "_nul.txt"],
    ["Com1.tar.gz", "_Com1.tar.gz"],
    ["LPT¹", "_LPT¹"],
    ["aux .txt", "_aux .txt"],
    ["console.txt", "console.txt"],
    ["file:stream", "file_stream"],
    ["e\u0301.txt", "\u00e9.txt"],
  ])("%p becomes %p", (sent, kept) => {
    expect(sanitizeFilename(sent)).toBe(kept)
  })

  test.each<[string, number, string]>([
    [`${"a".repeat(300)}.png`, 255, ".png"],
    [`${"é".repeat(200)}.jpeg`, 255, ".jpeg"],
    [`${"💾".repeat(100)}.gif`, 255, ".gif"],
    ["a".repeat(10_000), 255, "a"],
    [`a.${"b".repeat(300)}`, 255, "b"],
  ])("that is too long keeps its end", (sent, most, end) => {
    const kept = sanitizeFilename(sent)
    expect(new TextEncoder().encode(kept).length).toBeLessThanOrEqual(most)
    expect(kept.endsWith(end)).toBe(true)
    expect(kept).not.toContain("\ufffd")
  })

  test("is a plain name in any folder on any system, whatever was sent, and the same when it is sent again", () => {
    const pieces = [
      "..",
      "/",
      "\\",
      ".",
      "\0",
      "a",
      "con",
      ":",
      " ",
      "\u202e",
      "💾",
      "é",
      "C:",
      "~",
      "%2e%2e%2f",
      "x".repeat(99),
    ]
    for (let seed = 1; seed <= 3000; seed++) {
      const random = randomOf(seed)
      const sent = Array.from({ length: random(10) }, () => pieces[random(pieces.length)]).join("")
      const kept = sanitizeFilename(sent)
      expect(kept).not.toMatch(/^\.|[/\\\0:]|[. ]$/)
      expect(kept.length).toBeGreaterThan(0)
      expect(resolve("/data", kept)).toBe(join("/data", kept))
      expect([posix.basename(kept), win32.basename(kept)]).toEqual([kept, kept])
      expect(sanitizeFilename(kept)).toBe(kept)
    }
  })
})
