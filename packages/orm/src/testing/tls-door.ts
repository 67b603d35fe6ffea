import { connect, createServer, type Server, type Socket } from "node:net"
import { createServer as createTlsServer, type TLSSocket, type TlsOptions } from "node:tls"

/** A way to a server that speaks TLS as its protocol asks for it, where the server itself has none. */
export interface TlsDoor {
  readonly port: number
  /** Sessions that were encrypted. */
  readonly sessions: () => number
  readonly close: () => Promise<void>
}

/** The 8 bytes by which a client of PostgreSQL asks for TLS. @see https://www.postgresql.org/docs/current/protocol-message-formats.html */
const SSL_REQUEST: Buffer = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47])
/** @see https://mariadb.com/kb/en/connection/#capabilities */
const CLIENT_SSL = 0x0800
const MYSQL_SSL_REQUEST_BYTES = 36

/** @param target The port of PostgreSQL or of MariaDB. */
export async function openTlsDoor(
  { name, port: target }: { readonly name: string; readonly port: number },
  options: TlsOptions,
): Promise<TlsDoor> {
  const sockets = new Set<Socket>()
  const waiting = new Map<number, (secure: TLSSocket) => void>()
  let sessions = 0
  const inside = createTlsServer(options, (secure) => {
    sessions++
    waiting.get(secure.remotePort ?? 0)?.(secure)
  })
  inside.on("tlsClientError", () => undefined)
  const insidePort = await listen(inside)
  /** From here on the caller speaks TLS; what it has sent of it already comes first. */
  const encrypt = (caller: Socket, first: Buffer, use: (secure: TLSSocket) => void) => {
    const way = connect(insidePort, "127.0.0.1", () => {
      waiting.set(way.localPort ?? 0, use)
      way.write(first)
      caller.pipe(way).pipe(caller)
    })
    keep(sockets, way, caller)
  }
  const server = createServer((caller) => {
    const there = connect(target, "127.0.0.1")
    keep(sockets, caller, there)
    if (name === "PostgreSQL") openPostgres(caller, there, encrypt)
    else openMysql(caller, there, encrypt)
  })
  return {
    port: await listen(server),
    sessions: () => sessions,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await Promise.all([server, inside].map((one) => new Promise((done) => one.close(done))))
    },
  }
}

type Encrypt = (caller: Socket, first: Buffer, use: (secure: TLSSocket) => void) => void

function openPostgres(caller: Socket, there: Socket, encrypt: Encrypt): void {
  caller.once("data", (bytes: Buffer) => {
    if (!SSL_REQUEST.equals(bytes)) return void caller.destroy()
    caller.write("S")
    encrypt(caller, Buffer.alloc(0), (secure) => secure.pipe(there).pipe(secure))
  })
}

/**
 * MySQL's greeting comes in the clear and says whether TLS is to be had. The request for it is one packet, which the server behind
 * does not see: until the first command, packets are numbered one lower there.
 */
function openMysql(caller: Socket, there: Socket, encrypt: Encrypt): void {
  there.once("data", (greeting: Buffer) => {
    const flags = greeting.indexOf(0, 5) + 1 + 4 + 8 + 1
    greeting.writeUInt16LE(greeting.readUInt16LE(flags) | CLIENT_SSL, flags)
    caller.once("data", (request: Buffer) => {
      if (request.readUInt8(0) + 4 !== MYSQL_SSL_REQUEST_BYTES) return void caller.destroy()
      encrypt(caller, request.subarray(MYSQL_SSL_REQUEST_BYTES), (secure) => passNumbered(secure, there))
    })
    caller.write(greeting)
  })
}

function passNumbered(secure: Socket, there: Socket): void {
  let isLogin = true
  secure.on("data", (packet: Buffer) => {
    isLogin &&= packet.readUInt8(3) !== 0
    if (isLogin) packet.writeUInt8(packet.readUInt8(3) - 1, 3)
    there.write(packet)
  })
  there.on("data", (packet: Buffer) => {
    if (isLogin) packet.writeUInt8(packet.readUInt8(3) + 1, 3)
    secure.write(packet)
  })
}

/** Both end together, and with the door. */
function keep(sockets: Set<Socket>, one: Socket, other: Socket): void {
  for (const socket of [one, other]) {
    sockets.add(socket)
    socket.on("error", () => undefined)
    socket.on("close", () => {
      one.destroy()
      other.destroy()
    })
  }
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
  return (server.address() as { port: number }).port
}
