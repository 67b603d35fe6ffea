import { type App, createApp, layer, requestIds } from "@ashlar/http"

const cors = layer({ name: "cors", headers: { "access-control-allow-origin": "*" } })

/** Workload e: CORS for everybody, request ids, and five layers that each put one value on the context. */
export function createLayeredApp(): App {
  return createApp({
    layers: [
      cors,
      requestIds,
      layer({ name: "m0", before: () => ({ m0: 0 }) }),
      layer({ name: "m1", before: () => ({ m1: 1 }) }),
      layer({ name: "m2", before: () => ({ m2: 2 }) }),
      layer({ name: "m3", before: () => ({ m3: 3 }) }),
      layer({ name: "m4", before: () => ({ m4: 4 }) }),
    ],
  })
}
