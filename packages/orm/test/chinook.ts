import type { Database } from "../src/index.ts"
import { statement } from "../src/schema/sql-text.ts"

/**
 * The tables of the Chinook sample database, in the types that its SQLite file has, with as many rows made up by a fixed rule. The
 * original's rows belong to others.
 */
const TABLES: readonly string[] = [
  "create table [Artist] ([ArtistId] integer not null, [Name] nvarchar(120), constraint [PK_Artist] primary key ([ArtistId]))",
  "create table [Genre] ([GenreId] integer not null, [Name] nvarchar(120), constraint [PK_Genre] primary key ([GenreId]))",
  "create table [MediaType] ([MediaTypeId] integer not null, [Name] nvarchar(120), constraint [PK_MediaType] primary key ([MediaTypeId]))",
  `create table [Employee] ([EmployeeId] integer not null, [LastName] nvarchar(20) not null, [FirstName] nvarchar(20) not null,
    [Title] nvarchar(30), [ReportsTo] integer, [BirthDate] datetime, [HireDate] datetime, [Email] nvarchar(60),
    constraint [PK_Employee] primary key ([EmployeeId]),
    foreign key ([ReportsTo]) references [Employee] ([EmployeeId]) on delete no action on update no action)`,
  `create table [Customer] ([CustomerId] integer not null, [FirstName] nvarchar(40) not null, [LastName] nvarchar(20) not null,
    [Company] nvarchar(80), [Country] nvarchar(40), [Email] nvarchar(60) not null, [SupportRepId] integer,
    constraint [PK_Customer] primary key ([CustomerId]), foreign key ([SupportRepId]) references [Employee] ([EmployeeId]))`,
  `create table [Album] ([AlbumId] integer not null, [Title] nvarchar(160) not null, [ArtistId] integer not null,
    constraint [PK_Album] primary key ([AlbumId]), foreign key ([ArtistId]) references [Artist] ([ArtistId]))`,
  `create table [Track] ([TrackId] integer not null, [Name] nvarchar(200) not null, [AlbumId] integer, [MediaTypeId] integer not null,
    [GenreId] integer, [Composer] nvarchar(220), [Milliseconds] integer not null, [Bytes] integer, [UnitPrice] numeric(10,2) not null,
    constraint [PK_Track] primary key ([TrackId]), foreign key ([AlbumId]) references [Album] ([AlbumId]),
    foreign key ([GenreId]) references [Genre] ([GenreId]), foreign key ([MediaTypeId]) references [MediaType] ([MediaTypeId]))`,
  `create table [Playlist] ([PlaylistId] integer not null, [Name] nvarchar(120), constraint [PK_Playlist] primary key ([PlaylistId]))`,
  `create table [PlaylistTrack] ([PlaylistId] integer not null, [TrackId] integer not null,
    constraint [PK_PlaylistTrack] primary key ([PlaylistId], [TrackId]),
    foreign key ([PlaylistId]) references [Playlist] ([PlaylistId]), foreign key ([TrackId]) references [Track] ([TrackId]))`,
  `create table [Invoice] ([InvoiceId] integer not null, [CustomerId] integer not null, [InvoiceDate] datetime not null,
    [BillingCountry] nvarchar(40), [Total] numeric(10,2) not null, constraint [PK_Invoice] primary key ([InvoiceId]),
    foreign key ([CustomerId]) references [Customer] ([CustomerId]))`,
  `create table [InvoiceLine] ([InvoiceLineId] integer not null, [InvoiceId] integer not null, [TrackId] integer not null,
    [UnitPrice] numeric(10,2) not null, [Quantity] integer not null, constraint [PK_InvoiceLine] primary key ([InvoiceLineId]),
    foreign key ([InvoiceId]) references [Invoice] ([InvoiceId]), foreign key ([TrackId]) references [Track] ([TrackId]))`,
  ...[
    "Album.ArtistId",
    "Customer.SupportRepId",
    "Employee.ReportsTo",
    "Invoice.CustomerId",
    "InvoiceLine.InvoiceId",
  ].map((one) => {
    const [table, column] = one.split(".")
    return `create index [IFK_${table}${column}] on [${table}] ([${column}])`
  }),
]

/** How many rows each table of the original has. */
export const CHINOOK_ROWS: Readonly<Record<string, number>> = {
  Album: 347,
  Artist: 275,
  Customer: 59,
  Employee: 8,
  Genre: 25,
  Invoice: 412,
  InvoiceLine: 2240,
  MediaType: 5,
  Playlist: 18,
  PlaylistTrack: 8715,
  Track: 3503,
}

const COUNTRIES = ["Österreich", "日本", "Côte d'Ivoire", "USA", "Brazil"]
const series = (count: number, columns: string) =>
  `with recursive n(i) as (select 1 union all select i + 1 from n where i < ${count}) select ${columns} from n`

export async function makeChinook(db: Database): Promise<void> {
  const rows = CHINOOK_ROWS
  const country = `case i % 5 ${COUNTRIES.map((name, at) => `when ${at} then '${name.replaceAll("'", "''")}'`).join(" ")} end`
  const fill: Readonly<Record<string, string>> = {
    Artist: series(rows.Artist!, "i, 'Artist ' || i"),
    Genre: series(rows.Genre!, "i, 'Genre ' || i"),
    MediaType: series(rows.MediaType!, "i, 'Type ' || i"),
    Employee: series(
      rows.Employee!,
      "i, 'Last' || i, 'First' || i, null, nullif(i / 2, 0), '19' || (60 + i) || '-02-18 00:00:00', '2002-08-14 00:00:00', 'e' || i || '@x.org'",
    ),
    Customer: series(
      rows.Customer!,
      `i, 'F' || i, 'L' || i, iif(i % 3 = 0, 'Co; ''' || i, null), ${country}, 'c' || i || '@x.org', 3 + i % 3`,
    ),
    Album: series(rows.Album!, `i, 'Album "' || i || '" 😀', 1 + i % ${rows.Artist}`),
    Track: series(
      rows.Track!,
      `i, 'Track \\ ' || i, 1 + i % ${rows.Album}, 1 + i % 5, 1 + i % 25, iif(i % 4 = 0, null, 'C' || i % 7), 180000 + i * 7 % 90000,
        5000000000 + i, iif(i % 10 = 0, 1.99, 0.99)`,
    ),
    Playlist: series(rows.Playlist!, "i, 'List ' || i"),
    PlaylistTrack: series(rows.PlaylistTrack!, `1 + i % 18, 1 + i / 18 * 7 % ${rows.Track}`),
    Invoice: series(
      rows.Invoice!,
      `i, 1 + i % ${rows.Customer}, datetime(1230768000 + i * 86400, 'unixepoch'), ${country}, round((i % 25) * 0.99, 2)`,
    ),
    InvoiceLine: series(
      rows.InvoiceLine!,
      `i, 1 + i % ${rows.Invoice}, 1 + i * 11 % ${rows.Track}, iif(i % 10 = 0, 1.99, 0.99), 1 + i % 2`,
    ),
  }
  await db.transaction(async (tx) => {
    for (const text of TABLES) await tx.sql`${statement(text)}`.run()
    for (const [table, select] of Object.entries(fill))
      await tx.sql`${statement(`insert into [${table}] ${select}`)}`.run()
  })
}
