import { defineMigration, type Schema } from "@ashlar/orm/migrations"

export default defineMigration({
  up(schema) {
    schema.createTable("items", (t) => {
      t.text("sku", 40).primary()
      t.text("name", 120)
      t.integer("price_cents")
      t.integer("free")
      t.integer("held")
    })
    schema.createTable("orders", (t) => {
      t.uuid("id").primary()
      t.text("email", 254)
      t.enumeration("state", ["placed", "reserved", "paid", "packed", "shipped", "cancelling", "cancelled"])
      t.text("reason", 200).nullable()
      t.integer("total_cents")
      t.timestamp("placed_at")
      t.timestamp("ended_at").nullable()
      t.index(["state", "placed_at"])
      t.index(["placed_at", "id"])
      t.index(["ended_at"])
    })
    schema.createTable("order_lines", (t) => {
      t.uuid("order_id").references("orders", "id", { onDelete: "cascade" })
      t.text("sku", 40).references("items", "sku")
      t.integer("quantity")
      t.integer("price_cents")
      t.primary(["order_id", "sku"])
    })
    schema.createTable("pulses", (t) => {
      t.text("worker", 80).primary()
      t.timestamp("at")
      t.integer("running")
      t.json("done_per_minute")
    })
    stock(schema)
  },
  down(schema) {
    for (const table of ["pulses", "order_lines", "orders", "items"]) schema.dropTable(table)
  },
})

/** Something to sell, until the shop has a catalogue of its own. */
function stock(schema: Schema): void {
  for (const [sku, name, priceCents, free] of [
    ["chisel", "Claw chisel", 3_450, 400],
    ["mallet", "Beech mallet", 2_900, 400],
    ["square", "Mason's square", 1_875, 400],
    ["line", "Chalk line, blue", 1_250, 400],
    ["trowel", "Pointing trowel", 2_200, 400],
    ["level", "Brass level", 8_900, 12],
  ] as const)
    schema.sql`insert into items (sku, name, price_cents, free, held) values (${sku}, ${name}, ${priceCents}, ${free}, ${0})`
}
