import { WeakPassword } from "./errors.ts"

const MIN_CHARACTERS = 10
const MAX_CHARACTERS = 512

/**
 * Refuses a password that is guessed first: too short, known to everybody, or the account's own name. No rule about
 * kinds of characters: they make passwords worse.
 *
 * @throws {IDENTITY_WEAK_PASSWORD} with `details.reason`: "short", "long", "common" or "email"
 * @see NIST SP 800-63B, section 5.1.1.2
 */
export function checkPassword(password: string, email: string, minCharacters: number = MIN_CHARACTERS): void {
  const folded = password.normalize("NFKC")
  // A code unit is at most one character, so a huge text is refused before it is spread out.
  const length = folded.length > 2 * MAX_CHARACTERS ? folded.length : [...folded].length
  if (length < minCharacters) refuse("short", `at least ${minCharacters} characters, got ${length}`)
  if (length > MAX_CHARACTERS) refuse("long", `at most ${MAX_CHARACTERS} characters, got ${length}`)
  const plain = folded.toLowerCase()
  if (plain === email || plain === email.split("@")[0]) refuse("email", "something else than the email address")
  if (COMMON.has(plain) || isOneCharacter(plain)) refuse("common", "something that is not among the most common ones")
}

function refuse(reason: string, expected: string): never {
  throw new WeakPassword(`Expected a password of ${expected}. Choose another one.`, { details: { reason } })
}

function isOneCharacter(text: string): boolean {
  return new Set(text).size === 1
}

/** Those of at least ten characters that lead every list of leaked passwords; shorter ones are refused anyway. */
const COMMON: ReadonlySet<string> = new Set(
  `0123456789 01234567890 0987654321 1029384756 102030405060 1111122222 11223344556677 1122334455 112233445566
  1212121212 1231231234 123123123123 123321123321 12344321 1234512345 12345654321 1234567890 12345678900 12345678901
  1234567890a 1234567890q 1234567891 12345678910 123456789a 123456789abc 123456789q 123456789z 1234567899 1234abcd1234
  123qwe123qwe 1357924680 1a2b3c4d5e 1q2w3e4r5t 1q2w3e4r5t6y 1q2w3e4r5t6y7u8i9o0p 1qaz2wsx3edc 1qaz2wsx3edc4rfv
  2468101214 3141592653 3141592654 5555555555 7894561230 987654321a 9876543210 a123456789 a1b2c3d4e5 abc1234567
  abc123456789 abcd123456 abcd1234567 abcd12345678 abcdefghij abcdefghijk abcdefghijkl admin12345 admin123456
  admin1234567 admin12345678 adminadmin administrator aqwzsxedcrfv asdfasdfasdf asdfghjkl1 asdfghjkl; asdfghjkl123
  asdfghjklz azertyuiop babygirl123 basketball bismillah123 butterfly1 changeme12 changeme123 changeme1234 charlie123
  chocolate1 computer123 correcthorsebatterystaple default123 football12 football123 helloworld helloworld1
  iloveyou12 iloveyou123 iloveyou1234 iloveyou22 iloveyoubaby iloveyouso internet123 jordan1234 letmein123 letmein1234
  liverpool1 liverpoolfc loveyou123 manchester master1234 michael123 microsoft1 mynameisjohn newpassword
  p@ssw0rd12 p@ssw0rd123 p@ssword123 pa$$word123 pass123456 pass12345678 passw0rd12 passw0rd123 password00 password01
  password10 password11 password12 password123 password123! password1234 password12345 password123456 password2024
  password2025 password2026 passwordpassword princess12 princess123 q1w2e3r4t5 q1w2e3r4t5y6 qazwsxedcr qazwsxedcrfv
  qazwsxedcrfvtgb qwe123qwe123 qwer123456 qwert12345 qwerty1234 qwerty12345 qwerty123456 qwerty1234567 qwertyqwerty
  qwertyui123 qwertyuiop qwertyuiop1 qwertyuiop12 qwertyuiop123 qwertyuiop[] rootroot12 secret1234 starwars123
  sunshine12 sunshine123 superman12 superman123 test123456 testtest12 testtest123 testtesttest trustno1234 welcome123
  welcome1234 welcome12345 zaq12wsxcde3 zaq1zaq1zaq1 zxcvbnm123 zxcvbnm1234 zxcvbnmasdfghjkl`.split(/\s+/),
)
