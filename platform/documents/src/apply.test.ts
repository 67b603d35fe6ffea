import { describe, expect, test } from "bun:test"
import { refusal } from "../test/project.ts"
import { apply } from "./apply.ts"
import { parseUpdate } from "./update.ts"
import { canonical, type JsonObject } from "./value.ts"

const change = (document: JsonObject, update: unknown): string => canonical(apply(document, parseUpdate(update)))

describe("an update", () => {
  /** The rows with a trap are those where an engine's own JSON functions do something else, most of them in silence. */
  const rows: readonly [matter: string, before: string, update: string, after: string][] = [
    ["sets", '{"a":1}', '{"$set":{"a":2,"b":[1]}}', '{"a":2,"b":[1]}'],
    ["makes parents (trap: jsonb_set does nothing)", "{}", '{"$set":{"a.b.c":1}}', '{"a":{"b":{"c":1}}}'],
    ["sets a position", '{"a":[1,2]}', '{"$set":{"a.1":9}}', '{"a":[1,9]}'],
    ["sets inside of an element", '{"a":[{"b":1}]}', '{"$set":{"a.0.b":2}}', '{"a":[{"b":2}]}'],
    ["sets a list as a list (trap: json_set stores a string)", "{}", '{"$set":{"a":[1]}}', '{"a":[1]}'],
    ["sets null (trap: json_patch deletes)", '{"a":1}', '{"$set":{"a":null}}', '{"a":null}'],
    ["sets true (trap: binds as 1)", "{}", '{"$set":{"a":true}}', '{"a":true}'],
    ["sets a key with a digit in an object", '{"a":{}}', '{"$set":{"a.0":1}}', '{"a":{"0":1}}'],
    ["sets $keys deeper as values", "{}", '{"$set":{"a":{"$x":1}}}', '{"a":{"$x":1}}'],
    ["takes out", '{"a":1,"b":{"c":1,"d":2}}', '{"$unset":["a","b.c"]}', '{"b":{"d":2}}'],
    ["takes out what is not there", '{"a":5}', '{"$unset":["b","a.x","c.d.e"]}', '{"a":5}'],
    [
      "takes out beyond an array (trap: negative positions)",
      '{"a":[1]}',
      '{"$unset":["a.5","a.-1","a.x"]}',
      '{"a":[1]}',
    ],
    ["takes out a key with a dot", '{"a.b":1,"a":{"b":2}}', '{"$unset":[["a.b"]]}', '{"a":{"b":2}}'],
    ["adds", '{"n":1}', '{"$inc":{"n":2}}', '{"n":3}'],
    ["adds to what is missing (trap: null)", "{}", '{"$inc":{"n":2,"a.b":-1}}', '{"a":{"b":-1},"n":2}'],
    ["adds as doubles (trap: numeric gives 0.3)", '{"n":0.1}', '{"$inc":{"n":0.2}}', '{"n":0.30000000000000004}'],
    ["adds beyond 2^53 (trap: 64 bits)", '{"n":9007199254740992}', '{"$inc":{"n":1}}', '{"n":9007199254740992}'],
    [
      "writes whole numbers as such (trap: 2^53 as ….0)",
      '{"n":9007199254740991}',
      '{"$inc":{"n":1}}',
      '{"n":9007199254740992}',
    ],
    ["never writes -0", '{"n":1}', '{"$inc":{"n":-1}}', '{"n":0}'],
    [
      "takes the smaller",
      '{"a":5,"b":1,"s":"b"}',
      '{"$min":{"a":3,"b":3,"c":3,"s":"a"}}',
      '{"a":3,"b":1,"c":3,"s":"a"}',
    ],
    [
      "takes the greater",
      '{"a":5,"b":1,"s":"\uffff"}',
      '{"$max":{"a":3,"b":3,"c":3,"s":"😀"}}',
      '{"a":5,"b":3,"c":3,"s":"😀"}',
    ],
    ["appends", '{"a":[1]}', '{"$push":{"a":2}}', '{"a":[1,2]}'],
    ["appends a list as one element (trap: [1]||[2] joins)", '{"a":[1]}', '{"$push":{"a":[2]}}', '{"a":[1,[2]]}'],
    ["appends each", '{"a":[1]}', '{"$push":{"a":{"$each":[2,3]}}}', '{"a":[1,2,3]}'],
    [
      "appends to what is missing (trap: the whole document NULL)",
      '{"k":1}',
      '{"$push":{"a":1,"b.c":{"x":1}}}',
      '{"a":[1],"b":{"c":[{"x":1}]},"k":1}',
    ],
    ["adds once", '{"a":[1]}', '{"$addToSet":{"a":1,"b":2}}', '{"a":[1],"b":[2]}'],
    [
      "adds once in any order of keys",
      '{"a":[{"x":1,"y":2}]}',
      '{"$addToSet":{"a":{"y":2,"x":1}}}',
      '{"a":[{"x":1,"y":2}]}',
    ],
    ["adds each once", '{"a":[1]}', '{"$addToSet":{"a":{"$each":[1,2,2,"1"]}}}', '{"a":[1,2,"1"]}'],
    ["pulls by equality", '{"a":[1,2,1,"1"]}', '{"$pull":{"a":1}}', '{"a":[2,"1"]}'],
    ["pulls to nothing (trap: jsonb_agg of nothing is NULL)", '{"a":[1]}', '{"$pull":{"a":1}}', '{"a":[]}'],
    ["pulls a list", '{"a":[[1],1]}', '{"$pull":{"a":[1]}}', '{"a":[1]}'],
    ["pulls by operators", '{"a":[1,5,9]}', '{"$pull":{"a":{"$gte":5}}}', '{"a":[1]}'],
    ["pulls by a filter", '{"a":[{"x":1,"y":2},{"x":2},1]}', '{"$pull":{"a":{"x":1}}}', '{"a":[{"x":2},1]}'],
    [
      "pulls one whole object",
      '{"a":[{"x":1,"y":2},{"x":1}]}',
      '{"$pull":{"a":{"$eq":{"x":1}}}}',
      '{"a":[{"x":1,"y":2}]}',
    ],
    ["pulls from what is missing", '{"b":1}', '{"$pull":{"a":1,"b.c":1}}', '{"b":1}'],
    [
      "does several on separate paths",
      '{"a":{"b":1}}',
      '{"$set":{"a.c":2},"$inc":{"a.b":1},"$unset":["a.d"]}',
      '{"a":{"b":2,"c":2}}',
    ],
    [
      "takes __proto__ as a key",
      "{}",
      '{"$set":{"__proto__.x":1,"constructor":2}}',
      '{"__proto__":{"x":1},"constructor":2}',
    ],
    ["reads __proto__ as a key", '{"__proto__":{"x":1}}', '{"$inc":{"__proto__.x":1}}', '{"__proto__":{"x":2}}'],
    ["knows no inherited keys", "{}", '{"$push":{"toString":1}}', '{"toString":[1]}'],
    [
      "merges",
      '{"a":{"b":1,"c":2},"d":3}',
      '{"a":{"b":9,"c":null},"e":{"f":null,"g":1}}',
      '{"a":{"b":9},"d":3,"e":{"g":1}}',
    ],
    ["merges nothing", '{"a":1}', "{}", '{"a":1}'],
    ["merges __proto__ as a key", "{}", '{"__proto__":{"x":1}}', '{"__proto__":{"x":1}}'],
    ["merges keys with dots as keys", "{}", '{"a.b":1}', '{"a.b":1}'],
  ]
  for (const [matter, before, update, after] of rows) {
    test(`${matter}: ${before} ${update}`, () => {
      const document = JSON.parse(before)
      expect(change(document, JSON.parse(update))).toBe(after)
      expect(JSON.stringify(document)).toBe(before)
    })
  }

  test("pollutes no prototype", () => {
    change({}, JSON.parse('{"$set":{"__proto__.polluted":1,"constructor.prototype.polluted":1}}'))
    change({}, JSON.parse('{"__proto__":{"polluted":1}}'))
    expect("polluted" in {}).toBe(false)
  })
})

describe("a merge patch is that of RFC 7396, appendix A", () => {
  const rows: readonly [target: string, patch: string, result: string][] = [
    ['{"a":"b"}', '{"a":"c"}', '{"a":"c"}'],
    ['{"a":"b"}', '{"b":"c"}', '{"a":"b","b":"c"}'],
    ['{"a":"b"}', '{"a":null}', "{}"],
    ['{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}'],
    ['{"a":["b"]}', '{"a":"c"}', '{"a":"c"}'],
    ['{"a":"c"}', '{"a":["b"]}', '{"a":["b"]}'],
    ['{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}'],
    ['{"a":[{"b":"c"}]}', '{"a":[1]}', '{"a":[1]}'],
    ['{"e":null}', '{"a":1}', '{"a":1,"e":null}'],
    ["{}", '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}'],
  ]
  for (const [target, patch, result] of rows) {
    test(`${target} ${patch}`, () => expect(change(JSON.parse(target), JSON.parse(patch))).toBe(result))
  }
})

describe("an update meets another type and changes nothing", () => {
  const rows: readonly [before: string, update: string, found: string][] = [
    ['{"a":5}', '{"$set":{"a.b":1}}', "number"],
    ['{"a":null}', '{"$set":{"a.b":1}}', "null"],
    ['{"a":"x"}', '{"$inc":{"a.b":1}}', "string"],
    ['{"a":[1]}', '{"$set":{"a.3":1}}', "array"],
    ['{"a":[1]}', '{"$set":{"a.1":1}}', "array"],
    ['{"a":[1]}', '{"$set":{"a.x":1}}', "array"],
    ['{"a":[1]}', '{"$set":{"a.-1":1}}', "array"],
    ['{"a":[1]}', '{"$set":{"a.1.b":1}}', "array"],
    ['{"a":[1]}', '{"$set":{"a.0.b":1}}', "number"],
    ['{"a":[1]}', '{"$unset":["a.0"]}', "array"],
    ['{"a":"x"}', '{"$inc":{"a":1}}', "string"],
    ['{"a":true}', '{"$inc":{"a":1}}', "boolean"],
    ['{"a":null}', '{"$inc":{"a":1}}', "null"],
    ['{"a":"5"}', '{"$min":{"a":1}}', "string"],
    ['{"a":5}', '{"$max":{"a":"x"}}', "number"],
    ['{"a":null}', '{"$max":{"a":1}}', "null"],
    ['{"a":{}}', '{"$push":{"a":1}}', "object"],
    ['{"a":null}', '{"$push":{"a":1}}', "null"],
    ['{"a":"x"}', '{"$addToSet":{"a":1}}', "string"],
    ['{"a":5}', '{"$pull":{"a":5}}', "number"],
  ]
  for (const [before, update, found] of rows) {
    test(`${before} ${update}`, async () => {
      const document = JSON.parse(before)
      const { code, details } = await refusal(() => apply(document, parseUpdate(JSON.parse(update))))
      expect(code).toBe("DOCUMENTS_TYPE_CONFLICT")
      expect(String(details.found)).toContain(found)
      expect(JSON.stringify(document)).toBe(before)
    })
  }

  test("a sum beyond the doubles is refused", async () => {
    const work = () => apply({ n: 1e308 }, parseUpdate({ $inc: { n: 1e308 } }))
    expect((await refusal(work)).code).toBe("DOCUMENTS_VALUE_INVALID")
  })
})

describe("an update is refused", () => {
  const rows: readonly [name: string, update: unknown, code: string, pointer: string, nearest?: string][] = [
    ["no object", [], "DOCUMENTS_UPDATE_INVALID", ""],
    ["null", null, "DOCUMENTS_UPDATE_INVALID", ""],
    ["operators beside keys", { $set: { a: 1 }, b: 2 }, "DOCUMENTS_UPDATE_INVALID", "/b"],
    ["a misspelt operator", { $sett: { a: 1 } }, "DOCUMENTS_OPERATOR_UNKNOWN", "/$sett", "$set"],
    ["$rename", { $rename: { a: "b" } }, "DOCUMENTS_OPERATOR_UNKNOWN", "/$rename"],
    ["$set of a value", { $set: 5 }, "DOCUMENTS_UPDATE_INVALID", "/$set"],
    ["$unset of an object", { $unset: { a: "" } }, "DOCUMENTS_UPDATE_INVALID", "/$unset"],
    ["$inc of text", { $inc: { a: "1" } }, "DOCUMENTS_UPDATE_INVALID", "/$inc/a"],
    ["$min of a boolean", { $min: { a: true } }, "DOCUMENTS_UPDATE_INVALID", "/$min/a"],
    ["$each beside others", { $push: { a: { $each: [], x: 1 } } }, "DOCUMENTS_UPDATE_INVALID", "/$push/a"],
    ["$each of no list", { $push: { a: { $each: 1 } } }, "DOCUMENTS_UPDATE_INVALID", "/$push/a"],
    ["$slice", { $push: { a: { $slice: 1 } } }, "DOCUMENTS_OPERATOR_UNKNOWN", "/$push/a/$slice"],
    ["a misspelt test", { $pull: { a: { $gtt: 1 } } }, "DOCUMENTS_OPERATOR_UNKNOWN", "/$pull/a/$gtt", "$gt"],
    ["one path twice", { $set: { a: 1 }, $inc: { a: 1 } }, "DOCUMENTS_UPDATE_INVALID", ""],
    ["a path and its prefix", { $set: { "a.b": 1 }, $unset: ["a"] }, "DOCUMENTS_UPDATE_INVALID", ""],
    [
      "257 paths",
      { $set: Object.fromEntries(Array.from({ length: 257 }, (_, i) => [`p${i}`, 1])) },
      "DOCUMENTS_UPDATE_INVALID",
      "",
    ],
    ["an empty path", { $set: { "": 1 } }, "DOCUMENTS_PATH_INVALID", "/$set/"],
    ["1e400", JSON.parse('{"$inc":{"a":1e400}}'), "DOCUMENTS_VALUE_INVALID", "/$inc/a"],
    ["U+0000", { $set: { a: { b: "\0" } } }, "DOCUMENTS_VALUE_INVALID", "/$set/a/b"],
    ["a lone surrogate in a merge", { a: "\ud800" }, "DOCUMENTS_VALUE_INVALID", "/a"],
  ]
  for (const [name, update, code, pointer, nearest] of rows) {
    test(name, async () => {
      const { code: got, details } = await refusal(() => parseUpdate(update))
      expect({ code: got, pointer: details.pointer, nearest: details.nearest }).toEqual({ code, pointer, nearest })
    })
  }
})
