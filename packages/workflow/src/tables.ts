import { type Dialect, type FeatureTables, makeTables, type Queryable, type Sql, sql } from "@ashlar/orm"

/** Names are compared letter for letter, as MySQL does only when it is told to. */
interface Types {
  readonly name: (length: number) => Sql
  readonly text: Sql
}
const NAME: Readonly<Record<200 | 211 | 100, Sql>> = {
  100: sql`varchar(100)`,
  200: sql`varchar(200)`,
  211: sql`varchar(211)`,
}
const plain: Types = { name: (length) => NAME[length as 100], text: sql`text` }
const TYPES: Readonly<Record<Dialect, Types>> = {
  sqlite: plain,
  postgres: plain,
  mysql: {
    name: (length) => sql`${NAME[length as 100]} character set utf8mb4 collate utf8mb4_bin`,
    text: sql`longtext character set utf8mb4 collate utf8mb4_bin`,
  },
}

/** Makes the tables that are missing. */
export async function makeWorkflowTables(db: Queryable): Promise<void> {
  await makeTables(db, { tables: statements(TYPES[db.dialect]), indexes: INDEXES })
}

const statements = ({ name, text }: Types): readonly Sql[] => [
  sql`create table if not exists ashlar_workflow_runs
    (id ${name(200)} primary key, workflow ${name(100)} not null, version integer not null, state varchar(16) not null,
     input ${text} not null, output ${text}, error ${text}, parent ${name(200)}, ends varchar(16), cancel ${text},
     created_ms bigint not null, due_ms bigint, deadline_ms bigint, ended_ms bigint, lease_ms bigint,
     fence bigint not null, wakes bigint not null, crashes integer not null)`,
  sql`create table if not exists ashlar_workflow_steps
    (run ${name(200)} not null, step ${name(211)} not null, kind varchar(16) not null, state varchar(16) not null,
     attempts integer not null, due_ms bigint, output ${text}, error ${text}, position integer not null, ended integer,
     created_ms bigint not null, ended_ms bigint, primary key (run, step))`,
  sql`create table if not exists ashlar_workflow_signals
    (run ${name(200)} not null, id ${name(100)} not null, name ${name(100)} not null, value ${text} not null,
     is_taken integer not null, created_ms bigint not null, primary key (run, id))`,
]

const INDEXES: NonNullable<FeatureTables["indexes"]> = [
  ["ashlar_workflow_runs_due", "ashlar_workflow_runs", sql`due_ms`],
  ["ashlar_workflow_runs_state", "ashlar_workflow_runs", sql`state, id`],
  ["ashlar_workflow_runs_parent", "ashlar_workflow_runs", sql`parent`],
]
