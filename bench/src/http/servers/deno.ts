/** The part of Deno's own API that the servers here use. @see https://docs.deno.com/api/deno/ */
export interface DenoRuntime {
  serve(
    options: { port: number; hostname: string; onListen: () => void },
    handler: (request: Request) => Response | Promise<Response>,
  ): unknown
  readFile(path: string): Promise<Uint8Array>
}
