import type { Database } from "@ashlar/orm"

/** Somebody's account elsewhere, by what names it for good. */
export interface Identity {
  readonly issuer: string
  readonly subject: string
  /** The name of the provider here, and what its people read of it. */
  readonly provider: string
  /** How its owner tells it apart: the address there, say. */
  readonly label: string
}

interface Row extends Identity {
  readonly person_id: string
}

/** Which account an identity of elsewhere opens: one, and for good. */
export class Identities {
  readonly #database: Database

  private constructor(database: Database) {
    this.#database = database
  }
  static async open(database: Database): Promise<Identities> {
    await database.sql`create table if not exists identities (issuer text not null, subject text not null, provider text not null,
      label text not null, person_id text not null, primary key (issuer, subject))`.run()
    await database.sql`create index if not exists identities_person on identities (person_id)`.run()
    return new Identities(database)
  }

  async ownerOf(issuer: string, subject: string): Promise<string | undefined> {
    const row = await this.#database
      .sql<Row>`select * from identities where issuer = ${issuer} and subject = ${subject}`.first()
    return row?.person_id
  }
  async list(personId: string): Promise<readonly Identity[]> {
    return await this.#database.sql<Row>`select * from identities where person_id = ${personId} order by provider`.all()
  }
  /** @returns whether it is the person's now: somebody else may have been faster. */
  async connect(personId: string, { issuer, subject, provider, label }: Identity): Promise<boolean> {
    await this.#database.sql`insert into identities (issuer, subject, provider, label, person_id)
      values (${issuer}, ${subject}, ${provider}, ${label}, ${personId}) on conflict (issuer, subject) do nothing`.run()
    return (await this.ownerOf(issuer, subject)) === personId
  }
  /** @returns whether it was the person's. */
  async disconnect(personId: string, { issuer, subject }: Pick<Identity, "issuer" | "subject">): Promise<boolean> {
    const mine = (await this.ownerOf(issuer, subject)) === personId
    await this.#database
      .sql`delete from identities where issuer = ${issuer} and subject = ${subject} and person_id = ${personId}`.run()
    return mine
  }
}
