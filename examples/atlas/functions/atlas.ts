/** What the function uses of a country; the documents hold more. */
interface Country {
  readonly cca3: string
  readonly name: { readonly common: string }
  readonly region: string
  /** In km²; negative where the source knows none. */
  readonly area: number
  /** The `cca3` of each neighbour by land. */
  readonly borders: readonly string[]
}

interface Stored {
  readonly data: Country
}

/** What the function uses of its context. */
interface Context {
  readonly db: {
    collection(name: string): {
      query(query: object): Promise<{ readonly items: readonly Stored[]; readonly next: string | null }>
      get(id: string): Promise<Stored | null>
    }
  }
  readonly log: { info(message: string, fields?: object): void }
}

const notFound = (message: string) => Response.json({ message }, { status: 404 })

/** Answers from the collection `countries`: `/region/:region?minArea=`, `/neighbours/:cca3`, `/totals`. */
export default {
  async fetch(request: Request, ctx: Context): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url)
    const [, route, argument = ""] = /^\/(region|neighbours|totals)(?:\/([^/]+))?$/.exec(pathname) ?? []
    ctx.log.info("asked", { route: route ?? pathname, argument })
    if (route === "region") return region(ctx, decodeURIComponent(argument), Number(searchParams.get("minArea") ?? 0))
    if (route === "neighbours") return neighbours(ctx, argument.toUpperCase())
    if (route === "totals") return totals(ctx)
    return notFound("Ask for /region/Europe?minArea=100000, /neighbours/CHE or /totals.")
  },
}

/** The countries of a region with at least so much area, the largest first. */
async function region(ctx: Context, name: string, minArea: number): Promise<Response> {
  if (!Number.isFinite(minArea))
    return Response.json({ message: "Expected minArea to be a number of km²." }, { status: 400 })
  const { items } = await ctx.db.collection("countries").query({
    where: { region: name, area: { $gte: minArea } },
    sort: ["-area", "cca3"],
    select: ["cca3", "name.common", "area"],
    limit: 1000,
  })
  return Response.json({
    region: name,
    minArea,
    countries: items.map(({ data }) => ({ cca3: data.cca3, name: data.name.common, area: data.area })),
  })
}

/** The countries that share a border with one. */
async function neighbours(ctx: Context, cca3: string): Promise<Response> {
  const countries = ctx.db.collection("countries")
  const country = await countries.get(cca3)
  if (country === null) return notFound(`No country has the code ${cca3}.`)
  const { name, borders } = country.data
  const { items } = await countries.query({
    where: { cca3: { $in: borders } },
    sort: ["cca3"],
    select: ["cca3", "name.common"],
    limit: 1000,
  })
  return Response.json({
    cca3,
    name: name.common,
    neighbours: items.map(({ data }) => ({ cca3: data.cca3, name: data.name.common })),
  })
}

/** How many countries each region has, and how much area. */
async function totals(ctx: Context): Promise<Response> {
  const { items } = await ctx.db.collection("countries").query({ select: ["region", "area"], limit: 1000 })
  const regions = new Map<string, { count: number; area: number }>()
  for (const { data } of items) {
    const total = regions.get(data.region) ?? { count: 0, area: 0 }
    regions.set(data.region, { count: total.count + 1, area: total.area + Math.max(0, data.area) })
  }
  const sorted = [...regions].sort(([a], [b]) => (a < b ? -1 : 1))
  return Response.json({
    regions: sorted.map(([name, { count, area }]) => ({ region: name, count, area: Math.round(area * 100) / 100 })),
  })
}
