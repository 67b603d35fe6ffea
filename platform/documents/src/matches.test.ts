import { describe, expect, test } from "bun:test"
import { parseFilter } from "./filter.ts"
import { matches } from "./matches.ts"
import type { JsonObject } from "./value.ts"

/** The decided semantics, written by hand: the fuzz test only shows that all evaluators make the same mistakes. */
const rows: readonly [matter: string, filter: JsonObject, yes: JsonObject[], no: JsonObject[]][] = [
  ["no condition matches all", {}, [{}, { a: 1 }], []],
  ["equality never converts", { a: 1 }, [{ a: 1 }, { a: 1.0 }], [{ a: "1" }, { a: true }, { a: null }, {}]],
  ["0 and -0 are one number", { a: 0 }, [{ a: -0 }], [{ a: false }, { a: "" }]],
  [
    "objects are equal in any order of keys",
    { a: { x: 1, y: 2 } },
    [{ a: { y: 2, x: 1 } }],
    [{ a: { x: 1 } }, { a: { x: 1, y: 2, z: 3 } }],
  ],
  ["an object is compared as a whole", { a: {} }, [{ a: {} }, { a: [{}] }], [{ a: { x: 1 } }, {}]],
  ["arrays match by an element or as a whole", { a: [1] }, [{ a: [1] }, { a: [[1], 2] }], [{ a: [1, 2] }, { a: 1 }]],
  ["a value matches an element of an array", { a: "x" }, [{ a: ["x", "y"] }], [{ a: [["x"]] }, { a: [] }]],
  [
    "null matches missing, null, and null in an array",
    { a: null },
    [{}, { a: null }, { a: [1, null] }],
    [{ a: 0 }, { a: [] }, { a: false }],
  ],
  [
    "null deeper: only when the path reaches nothing",
    { "a.b": null },
    [{}, { a: 1 }, { a: {} }, { a: [1] }, { a: { b: null } }, { a: [{}] }],
    [{ a: { b: 1 } }, { a: [{ b: 1 }, {}] }],
  ],
  [
    "a path enters the objects of an array",
    { "a.b": 1 },
    [{ a: [{ b: 2 }, { b: 1 }] }, { a: [{ b: [1] }] }],
    [{ a: [[{ b: 1 }]] }, { a: [1] }],
  ],
  [
    "a number in a path is a position of an array",
    { "a.1": 2 },
    [{ a: [1, 2] }, { a: { "1": 2 } }],
    [{ a: [2, 1] }, { a: [{ "1": 2 }] }],
  ],
  ["$ne is the exact opposite", { a: { $ne: 5 } }, [{}, { a: 4 }, { a: null }, { a: "5" }], [{ a: 5 }, { a: [4, 5] }]],
  [
    "a range is of one type",
    { a: { $gt: 5 } },
    [{ a: 6 }, { a: [1, 6] }],
    [{ a: "6" }, { a: true }, { a: null }, {}, { a: [] }, { a: { x: 6 } }],
  ],
  ["strings are in order of code points", { a: { $gt: "\uffff" } }, [{ a: "😀" }], [{ a: "\uffff" }, { a: "z" }]],
  ["booleans: false before true", { a: { $lt: true } }, [{ a: false }], [{ a: true }, { a: 0 }, {}]],
  ["$gte and $lte hold the border", { a: { $gte: 1, $lte: 1 } }, [{ a: 1 }], [{ a: 1.1 }, { a: 0.9 }]],
  [
    "different elements may satisfy different bounds",
    { a: { $gt: 1, $lt: 5 } },
    [{ a: 3 }, { a: [0, 9] }],
    [{ a: [0] }, { a: [9] }, { a: 1 }],
  ],
  [
    "$in, with null for missing",
    { a: { $in: [1, null] } },
    [{ a: 1 }, {}, { a: null }, { a: [2, 1] }],
    [{ a: 2 }, { a: [] }],
  ],
  ["$in of nothing matches nothing", { a: { $in: [] } }, [], [{}, { a: 1 }, { a: [] }]],
  [
    "$in of whole values",
    { a: { $in: [[1], { x: 1 }] } },
    [{ a: [1] }, { a: { x: 1 } }, { a: [{ x: 1 }] }],
    [{ a: 1 }, { a: { x: 2 } }],
  ],
  ["$nin is the opposite of $in", { a: { $nin: [1, null] } }, [{ a: 2 }, { a: [] }], [{ a: 1 }, {}, { a: null }]],
  ["$nin of nothing matches all", { a: { $nin: [] } }, [{}, { a: 1 }], []],
  ["$exists: null is there", { a: { $exists: true } }, [{ a: null }, { a: [] }], [{}]],
  [
    "$exists false",
    { "a.b": { $exists: false } },
    [{}, { a: 1 }, { a: [] }, { a: [1] }],
    [{ a: { b: null } }, { a: [{}, { b: 1 }] }],
  ],
  ["$not: two-valued", { a: { $not: { $gt: 5 } } }, [{}, { a: 5 }, { a: "x" }, { a: null }], [{ a: 6 }, { a: [1, 6] }]],
  ["$not of several operators", { a: { $not: { $gt: 1, $lt: 5 } } }, [{ a: 0 }, { a: 9 }, {}], [{ a: 3 }]],
  ["$not of a filter", { $not: { a: 1, b: 2 } }, [{ a: 1 }, { b: 2 }, {}], [{ a: 1, b: 2 }]],
  ["$and", { $and: [{ a: 1 }, { b: 2 }] }, [{ a: 1, b: 2 }], [{ a: 1 }, { b: 2 }]],
  ["$or", { $or: [{ a: 1 }, { b: 2 }] }, [{ a: 1 }, { b: 2 }], [{}, { a: 2 }]],
  ["$nor", { $nor: [{ a: 1 }, { b: 2 }] }, [{}, { a: 2 }], [{ a: 1 }, { b: 2 }]],
  ["$all: each is there, of a scalar too", { a: { $all: [1, 2] } }, [{ a: [2, 1, 3] }], [{ a: 1 }, { a: [1] }]],
  ["$all of one is that one", { a: { $all: [1] } }, [{ a: 1 }, { a: [1, 2] }], [{}]],
  ["$all of nothing matches nothing", { a: { $all: [] } }, [], [{}, { a: [] }, { a: 1 }]],
  ["$size is of the reached array", { a: { $size: 2 } }, [{ a: [1, 2] }], [{ a: [[1, 2]] }, { a: "ab" }, {}]],
  ["$size 0", { a: { $size: 0 } }, [{ a: [] }], [{}, { a: null }, { a: {} }]],
  [
    "$elemMatch: one object satisfies all",
    { a: { $elemMatch: { x: 1, y: 2 } } },
    [{ a: [{ x: 1, y: 2 }] }],
    [{ a: [{ x: 1 }, { y: 2 }] }, { a: { x: 1, y: 2 } }],
  ],
  [
    "$elemMatch: one element satisfies all operators",
    { a: { $elemMatch: { $gt: 1, $lt: 5 } } },
    [{ a: [0, 3] }],
    [{ a: [0, 9] }, { a: 3 }],
  ],
  ["$elemMatch opens no array in the array", { a: { $elemMatch: { $eq: 1 } } }, [{ a: [1] }], [{ a: [[1]] }]],
  [
    "$elemMatch with a filter takes objects only",
    { a: { $elemMatch: { x: null } } },
    [{ a: [{}] }],
    [{ a: [1, [], null] }],
  ],
  [
    "$elemMatch with $not of operators tests elements",
    { a: { $elemMatch: { $not: { $gt: 5 } } } },
    [{ a: [9, 1] }, { a: ["x"] }],
    [{ a: [9] }, { a: [] }],
  ],
  [
    "$elemMatch with $or of filters",
    { a: { $elemMatch: { $or: [{ x: 1 }, { y: 1 }] } } },
    [{ a: [{ y: 1 }] }],
    [{ a: [1] }, { a: [{ x: 2 }] }],
  ],
  [
    "$regex finds anywhere, unless anchored",
    { a: { $regex: "b" } },
    [{ a: "abc" }, { a: ["x", "b"] }],
    [{ a: "a" }, { a: 5 }, {}],
  ],
  [
    "$regex anchored",
    { a: { $regex: "^a.c$" } },
    [{ a: "abc" }, { a: "a😀c" }, { a: "a\nc" }],
    [{ a: "abcd" }, { a: "ac" }],
  ],
  [
    "$type of the value or an element",
    { a: { $type: "number" } },
    [{ a: 1 }, { a: ["x", 1] }],
    [{ a: "1" }, { a: [] }, {}],
  ],
  ["$type null is not missing", { a: { $type: "null" } }, [{ a: null }, { a: [null] }], [{}, { a: 0 }]],
  ["$type array", { a: { $type: ["array", "object"] } }, [{ a: [] }, { a: {} }], [{ a: 1 }, {}]],
  ["own keys only", { constructor: { $exists: true } }, [{ constructor: 1 }], [{}]],
  ["__proto__ is a key like any other", JSON.parse('{"__proto__.x":1}'), [JSON.parse('{"__proto__":{"x":1}}')], [{}]],
]

for (const [matter, filter, yes, no] of rows) {
  describe(`${matter}: ${JSON.stringify(filter)}`, () => {
    const parsed = parseFilter(filter)
    for (const document of yes)
      test(`matches ${JSON.stringify(document)}`, () => expect(matches(parsed, document)).toBe(true))
    for (const document of no)
      test(`leaves ${JSON.stringify(document)}`, () => expect(matches(parsed, document)).toBe(false))
  })
}
