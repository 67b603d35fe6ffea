/** A document of about 300 bytes of JSON. */
export function document(turn: number): Record<string, unknown> {
  return {
    number: turn,
    title: `A document of the benchmark, number ${turn}`,
    done: turn % 2 === 0,
    tags: ["stone", "wall", "chalk"],
    owner: { name: "Maya Lindqvist", email: "maya@example.com" },
    text: "Stone cut so exactly that it stands without mortar; a wall of such stones needs no glue. ".repeat(1),
    area: turn * 1.5,
  }
}
