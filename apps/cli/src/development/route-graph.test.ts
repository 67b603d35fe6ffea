import { expect, test } from "bun:test"
import type { AppRoute } from "./app-table.ts"
import { drawGraph, type GraphFormat } from "./route-graph.ts"

const route = (path: string, layers: readonly string[] = [], more: Partial<AppRoute> = {}): AppRoute => ({
  method: "GET",
  path,
  layers,
  errors: [],
  declaredAt: "app.ts:1",
  ...more,
})

/** Names that mean something in one of the languages. */
const HOSTILE = [
  'a "quoted" one',
  "back\\slash",
  "x --> y",
  "end",
  "<b>bold</b>",
  "#35;",
  "semi;colon",
  "a\nb",
  "`tick`",
]

test.each<[GraphFormat, string]>([
  ["mermaid", "flowchart LR"],
  ["dot", "digraph routes {"],
])("a label is text, whatever is in it (%s)", (format, head) => {
  const graph = drawGraph(
    {
      routes: HOSTILE.map((name) => route(`/${name}`, [name])),
      services: HOSTILE.map((name) => ({ name, definedAt: 'a"b:1' })),
    },
    format,
  )
  expect(graph).toStartWith(head)
  const label =
    format === "mermaid"
      ? /^ +[hlrs]\d+\W{1,2}"([^"]*)"\W{1,2}:::(?:host|layer|route|service)$/
      : /^ +[hlrs]\d+ \[label="((?:[^"\\]|\\.)*)" shape=\w+\]$/
  const nodes = graph.split("\n").filter((line) => /^ +[hlrs]\d+\W/.test(line) && !/^ +\w+ -{1,2}> \w+$/.test(line))
  expect(nodes).toHaveLength(1 + HOSTILE.length * 3)
  for (const node of nodes) expect(node).toMatch(label)
})

test("routes behind the same layers in the same order hang on one branch", () => {
  const graph = drawGraph(
    {
      routes: [
        route("/a", ["one", "two"]),
        route("/b", ["one", "two"]),
        route("/c", ["two"]),
        route("/d", ["host x.example", "one"], { host: "x.example", version: "2" }),
      ],
      services: [],
    },
    "dot",
  )
  expect(graph.match(/shape=hexagon/g)).toHaveLength(4) // one › two, two, and one on the other host
  expect(graph.match(/shape=oval/g)).toHaveLength(2)
  expect(graph).toContain('[label="GET /d (version 2)" shape=box]')
  expect(graph).not.toContain("host x.example")
})
