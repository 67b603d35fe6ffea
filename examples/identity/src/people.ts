import type { AccountUser, AccountUsers } from "@ashlar/auth/accounts"
import { type Database, OrmUniqueViolation } from "@ashlar/orm"
import type { Role } from "./access.ts"

export interface PersonRow {
  readonly id: string
  readonly email: string
  /** A short name to sign in with; null: the address only. */
  readonly username: string | null
  readonly name: string
  readonly role: Role
  readonly is_verified: number
  readonly password_hash: string | null
}

/** The people of this app, in one table. The first one is an admin. */
export class People {
  readonly #database: Database

  private constructor(database: Database) {
    this.#database = database
  }
  static async open(database: Database): Promise<People> {
    await database.sql`create table if not exists people (id text primary key, email text not null unique, username text unique,
      name text not null, role text not null, is_verified integer not null, password_hash text)`.run()
    return new People(database)
  }

  async find(id: string): Promise<PersonRow | undefined> {
    return await this.#database.sql<PersonRow>`select * from people where id = ${id}`.first()
  }
  async findByEmail(email: string): Promise<PersonRow | undefined> {
    return await this.#database.sql<PersonRow>`select * from people where email = ${email}`.first()
  }
  /** By address or by username. */
  async findByLogin(login: string): Promise<PersonRow | undefined> {
    const text = login.trim().toLowerCase()
    return await this.#database.sql<PersonRow>`select * from people where email = ${text} or username = ${text}`.first()
  }
  async list(): Promise<readonly PersonRow[]> {
    return await this.#database.sql<PersonRow>`select * from people order by email limit 200`.all()
  }
  async create(person: Pick<PersonRow, "email"> & Partial<PersonRow>): Promise<PersonRow> {
    const { email, username = null, name = email.split("@")[0]!, is_verified = 0, password_hash = null } = person
    const id = person.id ?? crypto.randomUUID()
    await this.#database.transaction(async (tx) => {
      const first = await tx.sql`select 1 from people where role = 'admin' limit 1`.first()
      const role: Role = first === undefined ? "admin" : "member"
      await tx.sql`insert into people (id, email, username, name, role, is_verified, password_hash)
        values (${id}, ${email}, ${username}, ${name}, ${role}, ${is_verified}, ${password_hash})`.run()
    })
    return (await this.find(id))!
  }
  /** @returns its id; undefined where the address or the name is somebody's. */
  async createUnlessThere(person: Pick<PersonRow, "email"> & Partial<PersonRow>): Promise<string | undefined> {
    try {
      return (await this.create(person)).id
    } catch (error) {
      if (error instanceof OrmUniqueViolation) return undefined
      throw error
    }
  }
  async rename(id: string, name: string): Promise<void> {
    await this.#database.sql`update people set name = ${name} where id = ${id}`.run()
  }
  async setPasswordHash(id: string, hash: string | null): Promise<void> {
    await this.#database.sql`update people set password_hash = ${hash} where id = ${id}`.run()
  }
  async setRole(id: string, role: Role): Promise<void> {
    await this.#database.sql`update people set role = ${role} where id = ${id}`.run()
  }

  /** As accounts ask for them. */
  users(): AccountUsers {
    const user = (row: PersonRow | undefined): AccountUser | undefined =>
      row && { id: row.id, email: row.email, isVerified: row.is_verified === 1, roles: [row.role] }
    return {
      // A role that was taken away counts at once: this is asked in each request.
      find: async (id) => user(await this.find(id)),
      findByEmail: async (email) => user(await this.findByEmail(email)),
      findByLogin: async (login) => user(await this.findByLogin(login)),
      create: async (email) => user(await this.create({ email }))!,
      markVerified: async (id, { email, isClaim }) => {
        // Whoever made the account never proved the address: what they left goes.
        const left = isClaim ? null : ((await this.find(id))?.password_hash ?? null)
        await this.#database
          .sql`update people set is_verified = 1, password_hash = ${left} where id = ${id} and email = ${email}`.run()
      },
      changeEmail: async (id, { from, to }) => {
        const { changes } = await this.#database.sql`update people set email = ${to}, is_verified = 1
          where id = ${id} and email = ${from} and not exists (select 1 from people where email = ${to})`.run()
        return changes === 1
      },
      passwordHash: async (id) => (await this.find(id))?.password_hash ?? undefined,
      setPasswordHash: (id, hash) => this.setPasswordHash(id, hash),
    }
  }
}
