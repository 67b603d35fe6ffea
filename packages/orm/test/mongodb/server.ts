import { createServer, type Socket } from "node:net"
import { type Document, Long, serialize } from "bson"
import { compare, grouped, MongoRefusal, matches, numberOf, projected, sorted, updated } from "./documents.ts"
import { answer } from "./wire.ts"

/**
 * A stand-in for MongoDB where no server can be had: it speaks the wire protocol to MongoDB's own client, keeps documents in memory, and
 * has unique indexes, cursors and transactions that conflict. It shows that what our models ask is understood, and not how a
 * server performs.
 *
 * @see https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/
 */
export interface MongoServer {
  readonly url: string
  /** The commands that came, by name, without those of the client's own housekeeping. */
  readonly commands: readonly { readonly name: string; readonly body: Document }[]
  /** Ends the connections that are there. */
  readonly cut: () => void
  /** Refuses the next command of this name as a server would. */
  readonly refuseNext: (
    name: string,
    error: { readonly code: number; readonly message: string; readonly labels?: readonly string[] },
  ) => void
  readonly close: () => Promise<void>
}

interface Store {
  documents: Map<string, Document>
  readonly indexes: { readonly key: Document; readonly unique: boolean; readonly name: string }[]
}

interface Transaction {
  readonly stores: Map<string, Map<string, Document>>
  /** What was there when it began, to see whether another changed it. */
  readonly began: Map<string, Map<string, Document>>
}

const HOUSEKEEPING: ReadonlySet<string> = new Set([
  "hello",
  "ismaster",
  "isMaster",
  "endSessions",
  "ping",
  "getMore",
  "killCursors",
])

/** @param isReplicaSet Without it the server has no transactions, as one that stands alone. */
export async function openMongoServer(isReplicaSet = true): Promise<MongoServer> {
  const state = new ServerState(isReplicaSet)
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on("error", () => undefined)
    socket.on("close", () => sockets.delete(socket))
    let waiting = Buffer.alloc(0)
    socket.on("data", (bytes: Buffer) => {
      waiting = Buffer.concat([waiting, bytes])
      while (waiting.length >= 4 && waiting.length >= waiting.readInt32LE(0)) {
        const length = waiting.readInt32LE(0)
        answer(socket, waiting.subarray(0, length), (command) => state.run(command))
        waiting = waiting.subarray(length)
      }
    })
  })
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
  const { port } = server.address() as { port: number }
  state.host = `127.0.0.1:${port}`
  return {
    url: `mongodb://127.0.0.1:${port}/shop`,
    commands: state.commands,
    cut: () => {
      for (const socket of sockets) socket.destroy()
    },
    refuseNext: (name, error) => void state.refusals.set(name, error),
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((done) => server.close(done))
    },
  }
}

class ServerState {
  host = ""
  readonly commands: { name: string; body: Document }[] = []
  readonly refusals: Map<string, { code: number; message: string; labels?: readonly string[] }> = new Map()
  readonly #isReplicaSet: boolean
  readonly #stores: Map<string, Store> = new Map()
  readonly #transactions: Map<string, Transaction> = new Map()
  readonly #cursors: Map<string, { readonly of: string; readonly rest: Document[] }> = new Map()
  #cursorCount = 0

  constructor(isReplicaSet: boolean) {
    this.#isReplicaSet = isReplicaSet
  }

  run(command: Document): Document {
    const [name = ""] = Object.keys(command)
    if (!HOUSEKEEPING.has(name)) this.commands.push({ name, body: command })
    try {
      const refusal = this.refusals.get(name)
      this.refusals.delete(name)
      if (refusal !== undefined)
        throw new MongoRefusal(refusal.code, refusal.message, { errorLabels: refusal.labels ?? [] })
      return { ok: 1, ...this.#run(name, command) }
    } catch (error) {
      if (!(error instanceof MongoRefusal)) throw error
      return { ok: 0, errmsg: error.message, code: error.code, ...error.details }
    }
  }

  #run(name: string, command: Document): Document {
    switch (name) {
      case "hello":
      case "ismaster":
      case "isMaster":
        return this.#hello()
      case "ping":
      case "endSessions":
      case "killCursors":
        return {}
      case "createIndexes":
        return this.#createIndexes(command)
      case "getMore":
        return this.#getMore(command)
      case "commitTransaction":
        return this.#commit(command)
      case "abortTransaction":
        this.#transactions.delete(sessionOf(command))
        return {}
    }
    const documents = this.#documentsFor(command, String(command[name]))
    switch (name) {
      case "find":
        return this.#find(command, documents)
      case "aggregate":
        return this.#aggregate(command, documents)
      case "insert":
        return this.#insert(command, documents)
      case "update":
        return this.#update(command, documents)
      case "delete":
        return this.#delete(command, documents)
    }
    throw new MongoRefusal(59, `no such command: '${name}'`)
  }

  #hello(): Document {
    const set = this.#isReplicaSet
      ? { setName: "rs", hosts: [this.host], me: this.host, secondary: false, setVersion: 1 }
      : {}
    return {
      helloOk: true,
      isWritablePrimary: true,
      ismaster: true,
      maxBsonObjectSize: 16 * 2 ** 20,
      maxMessageSizeBytes: 48_000_000,
      maxWriteBatchSize: 100_000,
      logicalSessionTimeoutMinutes: 30,
      localTime: new Date(),
      minWireVersion: 0,
      maxWireVersion: 21,
      readOnly: false,
      ...set,
    }
  }

  #store(name: string): Store {
    const store = this.#stores.get(name) ?? { documents: new Map(), indexes: [] }
    this.#stores.set(name, store)
    return store
  }

  /** Those of the command's transaction, which sees what was there when it began and what it wrote. */
  #documentsFor(command: Document, name: string): Map<string, Document> {
    const store = this.#store(name)
    if (command.autocommit !== false) return store.documents
    if (!this.#isReplicaSet)
      throw new MongoRefusal(20, "Transaction numbers are only allowed on a replica set member or mongos")
    const session = sessionOf(command)
    if (command.startTransaction === true) {
      const copy = () => new Map([...this.#stores].map(([one, { documents }]) => [one, new Map(documents)]))
      this.#transactions.set(session, { stores: copy(), began: copy() })
    }
    const transaction = this.#transactions.get(session)
    if (transaction === undefined)
      throw new MongoRefusal(251, "Given transaction number does not match any in-progress transactions")
    const documents = transaction.stores.get(name) ?? new Map<string, Document>()
    transaction.stores.set(name, documents)
    return documents
  }

  /** Another wrote the same document since this transaction began. */
  #checkConflict(command: Document, name: string, key: string): void {
    if (command.autocommit !== false) return
    const began = this.#transactions.get(sessionOf(command))?.began.get(name)?.get(key)
    if (this.#store(name).documents.get(key) === began) return
    this.#transactions.delete(sessionOf(command))
    throw new MongoRefusal(112, "WriteConflict error: this operation conflicted with another operation.", {
      errorLabels: ["TransientTransactionError"],
    })
  }

  #commit(command: Document): Document {
    const transaction = this.#transactions.get(sessionOf(command))
    this.#transactions.delete(sessionOf(command))
    for (const [name, documents] of transaction?.stores ?? []) {
      const began = transaction?.began.get(name)
      const store = this.#store(name)
      for (const key of new Set([...documents.keys(), ...(began?.keys() ?? [])])) {
        const document = documents.get(key)
        if (document === began?.get(key)) continue
        if (document === undefined) store.documents.delete(key)
        else store.documents.set(key, document)
      }
    }
    return {}
  }

  #find(command: Document, documents: Map<string, Document>): Document {
    const { filter = {}, sort, projection, skip = 0, limit = 0 } = command
    const found = sorted(
      [...documents.values()].filter((one) => matches(one, filter)),
      sort,
    )
    const from = numberOf(skip)
    const shown = found.slice(from, numberOf(limit) === 0 ? undefined : from + numberOf(limit))
    return this.#cursor(
      String(command.find),
      shown.map((one) => projected(one, projection)),
      numberOf(command.batchSize ?? 101),
    )
  }

  #cursor(collection: string, documents: Document[], batchSize: number): Document {
    const ns = `shop.${collection}`
    const [first, rest] = [documents.slice(0, batchSize), documents.slice(batchSize)]
    if (rest.length === 0) return { cursor: { id: Long.ZERO, ns, firstBatch: first } }
    const id = Long.fromNumber(++this.#cursorCount)
    this.#cursors.set(String(id), { of: ns, rest })
    return { cursor: { id, ns, firstBatch: first } }
  }

  #getMore(command: Document): Document {
    const cursor = this.#cursors.get(String(command.getMore))
    if (cursor === undefined) throw new MongoRefusal(43, `cursor id ${command.getMore} not found`)
    const nextBatch = cursor.rest.splice(0, numberOf(command.batchSize ?? 1_000))
    const isDone = cursor.rest.length === 0
    if (isDone) this.#cursors.delete(String(command.getMore))
    return { cursor: { id: isDone ? Long.ZERO : command.getMore, ns: cursor.of, nextBatch } }
  }

  #aggregate(command: Document, documents: Map<string, Document>): Document {
    let found = [...documents.values()]
    for (const stage of command.pipeline as Document[]) {
      const [[name, of]] = Object.entries(stage) as [[string, never]]
      if (name === "$match") found = found.filter((one) => matches(one, of))
      else if (name === "$skip") found = found.slice(numberOf(of))
      else if (name === "$limit") found = found.slice(0, numberOf(of))
      else if (name === "$group") found = grouped(found, of)
      else throw new MongoRefusal(40324, `Unrecognized pipeline stage name: '${name}'`)
    }
    return this.#cursor(String(command.aggregate), found, 101)
  }

  #insert(command: Document, documents: Map<string, Document>): Document {
    return writes(command.documents as Document[], (document) => {
      const key = keyOf(document._id)
      this.#checkConflict(command, String(command.insert), key)
      this.#checkUnique(String(command.insert), documents, document)
      documents.set(key, document)
      return 1
    })
  }

  #checkUnique(name: string, documents: Map<string, Document>, document: Document, except?: string): void {
    const unique = [
      { key: { _id: 1 }, name: "_id_" } as Document,
      ...this.#store(name).indexes.filter((one) => one.unique),
    ]
    for (const { key: pattern, name: index } of unique) {
      const fields = Object.keys(pattern)
      const isTaken = [...documents].some(
        ([key, other]) => key !== except && fields.every((field) => compare(other[field], document[field]) === 0),
      )
      if (!isTaken) continue
      const keyValue = Object.fromEntries(fields.map((field) => [field, document[field] ?? null]))
      throw new MongoRefusal(11000, `E11000 duplicate key error collection: shop.${name} index: ${index}`, {
        keyPattern: pattern,
        keyValue,
      })
    }
  }

  #update(command: Document, documents: Map<string, Document>): Document {
    let modified = 0
    const result = writes(command.updates as Document[], ({ q, u, multi = false, upsert = false }) => {
      if (upsert) throw new MongoRefusal(2, "The stand-in has no upsert.")
      const found = [...documents].filter(([, document]) => matches(document, q))
      const chosen = multi ? found : found.slice(0, 1)
      for (const [key, document] of chosen) {
        this.#checkConflict(command, String(command.update), key)
        const next = updated(document, u)
        this.#checkUnique(String(command.update), documents, next, key)
        documents.set(key, next)
        modified++
      }
      return chosen.length
    })
    return { ...result, nModified: modified }
  }

  #delete(command: Document, documents: Map<string, Document>): Document {
    return writes(command.deletes as Document[], ({ q, limit }) => {
      const found = [...documents].filter(([, document]) => matches(document, q))
      const chosen = numberOf(limit) === 0 ? found : found.slice(0, numberOf(limit))
      for (const [key] of chosen) {
        this.#checkConflict(command, String(command.delete), key)
        documents.delete(key)
      }
      return chosen.length
    })
  }

  #createIndexes(command: Document): Document {
    const name = String(command.createIndexes)
    const store = this.#store(name)
    for (const { key, unique = false, name: index } of command.indexes as Document[]) {
      if (store.indexes.some((one) => one.name === index)) continue
      store.indexes.push({ key, unique, name: index })
      try {
        for (const [id, document] of store.documents) this.#checkUnique(name, store.documents, document, id)
      } catch (error) {
        store.indexes.pop()
        throw error
      }
    }
    return { numIndexesAfter: store.indexes.length + 1 }
  }
}

/** Each write by itself, up to the first that is refused: that is told beside those that were done. */
function writes(all: readonly Document[], write: (one: Document) => number): Document {
  let n = 0
  for (const [index, one] of all.entries()) {
    try {
      n += write(one)
    } catch (error) {
      if (!(error instanceof MongoRefusal) || error.code === 112) throw error
      return { n, writeErrors: [{ index, code: error.code, errmsg: error.message, ...error.details }] }
    }
  }
  return { n }
}

function sessionOf(command: Document): string {
  return Buffer.from(serialize({ lsid: command.lsid })).toString("base64")
}

function keyOf(id: unknown): string {
  return Buffer.from(serialize({ id })).toString("base64")
}
