/** Whether a password is among those that lead every list, of at least eight characters. */
export function isKnownPassword(password: string): boolean {
  return KNOWN.has(password.toLowerCase())
}

const KNOWN: ReadonlySet<string> = new Set(
  `00000000 01010101 01234567 0123456789 01234567890 0987654321 10203040 1029384756 102030405060 11111111 111111111 1111111111
  1111122222 11112222 11223344 1122334455 112233445566 11223344556677 12121212 1212121212 123123123 1231231234 12312312
  123123123123 123321123 123321123321 12341234 12344321 1234512345 12345654321 12345678 123456789 1234567890 12345678900
  12345678901 1234567890a 1234567890q 1234567891 12345678910 123456789a 123456789abc 123456789q 123456789z 1234567899 12345678a
  12345qwert 12345679 123456abc 1234abcd 1234abcd1234 1234qwer 123abc123 123qweasd 123qwe123 123qwe123qwe 13131313 1357924680
  13579246 147258369 14725836 147852369 159357159 159753456 15975300 18881888 19841984 1a2b3c4d 1a2b3c4d5e 1q2w3e4r 1q2w3e4r5t
  1q2w3e4r5t6y 1q2w3e4r5t6y7u8i9o0p 1qaz2wsx 1qaz2wsx3edc 1qaz2wsx3edc4rfv 1qazxsw2 20012001 22222222 2468101214 246813579
  25802580 31415926 3141592653 3141592654 33333333 36925814 44444444 55555555 5555555555 55667788 66666666 741852963 77777777
  789456123 78945612 7894561230 87654321 88888888 98765432 987654321 987654321a 9876543210 99999999 a1234567 a12345678
  a123456789 a1b2c3d4 a1b2c3d4e5 aa123456 aa12345678 aaaaaaaa abc12345 abc123456 abc1234567 abc123456789 abcd1234 abcd12345
  abcd123456 abcd1234567 abcd12345678 abcdefgh abcdefghi abcdefghij abcdefghijk access14 admin123 admin1234 admin12345
  admin123456 admin1234567 admin12345678 adminadmin administrator alejandro alexande alexander alexandra anderson angel123
  anthony1 aqwzsxedcrfv arsenal1 asd12345 asd123456 asdasd123 asdasdasd asdf1234 asdfasdf asdfasdfasdf asdfghjk asdfghjkl
  asdfghjkl1 asdfghjkl; asdfghjkl123 asdfghjklz azertyui azertyuiop babygirl babygirl1 babygirl123 barcelona baseball baseball1
  basketba basketball batman123 beautiful benjamin bismillah bismillah123 blink182 bonjour1 brooklyn butterfly butterfly1
  carolina caroline cervezas changeme changeme1 changeme12 changeme123 changeme1234 charlie1 charlie123 charlotte chelsea1
  chocolat chocolate chocolate1 christia christian christine cocacola computer computer1 computer123 corvette
  correcthorsebatterystaple cristina crystal1 daniel123 darkness december default1 default123 diamond1 dolphins dragon12
  dragon123 elephant elizabeth email123 facebook fernando fernanda florence florida1 flower123 football football1 football12
  football123 forever1 francesco frankfurt freedom1 friends1 fuckyou1 fuckyou2 garfield gateway1 godzilla goodluck
  greenday guitar12 hallo123 hannover happy123 hardcore hello123 hello1234 helloworld helloworld1 hellokitty iloveyou
  iloveyou1 iloveyou12 iloveyou123 iloveyou1234 iloveyou2 iloveyou22 iloveyoubaby iloveyouso internet internet1 internet123
  isabella jennifer jessica1 jonathan jordan12 jordan123 jordan1234 jordan23 kawasaki kimberly kristina lasvegas letmein1
  letmein123 letmein1234 liverpool liverpool1 liverpoolfc login123 logitech lovelove loveyou1 loveyou123 loverboy
  manchester manutd99 marina123 marlboro master12 master123 master1234 matthew1 mercedes metallica michael1 michael123 michelle
  microsoft microsoft1 midnight minecraft monkey12 monkey123 monster1 mustang1 myspace1 mynameisjohn naruto123 newpassword
  newyork1 nicholas nicole123 november october1 p@ssw0rd p@ssw0rd1 p@ssw0rd12 p@ssw0rd123 p@ssword p@ssword1 p@ssword123
  pa$$word pa$$word123 pa55word passport pass1234 pass12345 pass123456 pass12345678 passw0rd passw0rd1 passw0rd12 passw0rd123
  passwort passwort1 passwort123 password password! password0 password00 password01 password1 password1! password10 password11
  password12 password123 password123! password1234 password12345 password123456 password2 password2024 password2025
  password2026 password3 password7 passwordpassword patricia pokemon1 pokemon123 polska123 portugal princess princess1
  princess12 princess123 q1w2e3r4 q1w2e3r4t5 q1w2e3r4t5y6 q12345678 qazwsx12 qazwsx123 qazwsxed qazwsxedc qazwsxedcr
  qazwsxedcrfv qazwsxedcrfvtgb qazxswedc qq123456 qqww1122 qwe123qwe qwe123qwe123 qweasd123 qweasdzx qweasdzxc qwer1234
  qwer12345 qwer123456 qwerasdf qwert123 qwert1234 qwert12345 qwerty12 qwerty123 qwerty1234 qwerty12345 qwerty123456
  qwerty1234567 qwertyqwerty qwertyui qwertyui123 qwertyuio qwertyuiop qwertyuiop1 qwertyuiop12 qwertyuiop123 qwertyuiop[]
  realmadrid rebecca1 reddevil remember ricardo1 rockstar rootroot rootroot12 samantha samsung1 samsung123 scooby12 scorpion
  secret12 secret123 secret1234 security september service1 shadow12 shadow123 silver123 simpsons skywalker slipknot snowball
  soccer12 soccer123 spiderma spiderman spongebob startrek starwars starwars1 starwars123 steelers stephanie straight summer12
  summer2024 summer2025 summer2026 sunshine sunshine1 sunshine12 sunshine123 superman superman1 superman12 superman123
  swordfish temp1234 test1234 test12345 test123456 testing1 testing123 testtest testtest12 testtest123 testtesttest theking1
  thunder1 tinkerbell trustno1 trustno1234 undertaker valentina vanessa1 veronica victoria video123 warcraft welcome1
  welcome12 welcome123 welcome1234 welcome12345 westside whatever william1 windows1 winter2024 winter2025 winter2026
  wolfgang xxxxxxxx yankees1 yellow12 zaq12wsx zaq12wsxcde3 zaq1xsw2 zaq1zaq1 zaq1zaq1zaq1 zxcvbnm1 zxcvbnm123 zxcvbnm1234
  zxcvbnmasdfghjkl zzzzzzzz`.split(/\s+/),
)
