import { answered, type Case, type Group, post, request } from "../case.ts"

/** Names that reach for the prototype all objects share, wherever input becomes an object. */

const clean = { polluted: null, inherited: null }
const JSON_TYPE = "application/json"
const FORM_TYPE = "application/x-www-form-urlencoded"

const json: readonly string[] = [
  '{"__proto__":{"polluted":"yes"}}',
  '{"constructor":{"prototype":{"polluted":"yes"}}}',
  '{"a":{"__proto__":{"polluted":"yes"}}}',
  '{"\\u005f_proto__":{"polluted":"yes"}}',
  '{"prototype":{"polluted":"yes"},"__proto__":null}',
  '{"__proto__":{"__proto__":{"polluted":"yes"}}}',
  '{"__proto__.polluted":"yes"}',
  '{"toString":"yes","hasOwnProperty":"yes","valueOf":1}',
  '[{"__proto__":{"polluted":"yes"}}]',
]

const pairs: readonly string[] = [
  "__proto__=yes",
  "__proto__[polluted]=yes",
  "__proto__.polluted=yes",
  "__proto__%5Bpolluted%5D=yes",
  "constructor[prototype][polluted]=yes",
  "constructor.prototype.polluted=yes",
  "a[__proto__][polluted]=yes",
  "__proto__=1&__proto__=2&__proto__[polluted]=yes",
  "%5F_proto__=yes&polluted=",
  "toString=1&hasOwnProperty=2&valueOf=3",
]

const cases: readonly Case[] = [
  ...json.flatMap((body) => [
    { name: `JSON ${body}`, send: post("/poison/json", JSON_TYPE, body), expect: answered(200, { body: clean }) },
    {
      name: `JSON ${body} through a schema`,
      send: post("/poison/schema", JSON_TYPE, body),
      expect: answered(body.startsWith("[") ? 422 : 200, body.startsWith("[") ? {} : { body: clean }),
    },
  ]),
  ...pairs.flatMap((body) => [
    { name: `form ${body}`, send: post("/poison/form", FORM_TYPE, body), expect: answered(200, { body: clean }) },
    {
      name: `form ${body} through a schema`,
      send: post("/poison/schema", FORM_TYPE, body),
      expect: answered(200, { body: clean }),
    },
    { name: `query ${body}`, send: request(`GET /poison/query?${body}`), expect: answered(200, { body: clean }) },
    {
      name: `query ${body} through a schema`,
      send: request(`GET /poison/query/schema?${body}`),
      expect: answered(200, { body: clean }),
    },
  ]),
  {
    name: "a name that only looks like the prototype is a name",
    send: request("GET /inspect?__proto__=a&constructor=b"),
    expect: answered(200, { body: /"__proto__":"a".*"constructor":"b"|"constructor":"b".*"__proto__":"a"/ }),
  },
  {
    name: "a parameter named after a prototype's member",
    send: request("GET /poison/params/__proto__"),
    expect: answered(200, { body: { polluted: null, inherited: null, names: ["polluted"] } }),
  },
  {
    name: "a header named __proto__",
    send: request("GET /poison/report", ["__proto__: yes", "constructor: yes"]),
    expect: answered(200, { body: clean }),
  },
]

export const poison: Group = { name: "prototype pollution", about: "app", cases }
