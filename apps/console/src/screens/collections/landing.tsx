import { useQuery } from "@tanstack/react-query"
import { Link, useNavigate, useParams } from "@tanstack/react-router"
import { Plus } from "lucide-react"
import { toCount } from "../../model/format.ts"
import { describeRules } from "../../model/rules.ts"
import { collectionsQuery } from "../../queries.ts"
import { Button } from "../../ui/button.tsx"
import { Ago, ListTable } from "../../ui/list.tsx"
import { Blank, Bones } from "../../ui/state.tsx"

/** What is there, before one is opened. */
export function CollectionsLanding() {
  const { p } = useParams({ from: "/signed-in/projects/$p/collections/" })
  const collections = useQuery(collectionsQuery(p))
  const navigate = useNavigate()
  const items = collections.data?.items ?? []
  if (collections.data && items.length === 0)
    return (
      <section className="pane grow" data-pane="">
        <Blank
          title="No collections yet"
          actions={
            <Button look="ink" icon={Plus} keys="n" onClick={() => void navigate({ to: ".", search: { new: true } })}>
              New collection
            </Button>
          }
        >
          <p>
            A collection holds documents: any JSON object. Name one and insert into it, or bring a file from the
            terminal.
          </p>
          <pre className="code mt-3 p-3 bg-sunken border border-joint rounded">{`ashlar --project ${p} collections create notes
ashlar --project ${p} documents import notes notes.json`}</pre>
        </Blank>
      </section>
    )
  return (
    <section className="pane grow not-phone" data-pane="">
      <div className="bar head course-end">
        <h1>All collections</h1>
      </div>
      {collections.isPending && <Bones heightPx={40} label="Loading collections" />}
      {items.length > 0 && (
        <div className="scroll">
          <ListTable
            heads={["Name", ["Documents", "r w-28"], ["Indexes", "r w-24"], "Who may read", ["Changed", "r w-28"]]}
            className=""
          >
            {items.map((collection) => (
              <tr key={collection.name}>
                <td>
                  <Link
                    className="font-strong hover:underline"
                    to="/projects/$p/collections/$c"
                    params={{ p, c: collection.name }}
                  >
                    {collection.name}
                  </Link>
                </td>
                <td className="r">{toCount(collection.count)}</td>
                <td className="r">{collection.indexes.length}</td>
                <td className="text-fg-2">{describeRules(collection.rules.read)}</td>
                <Ago at={collection.updatedAt} last />
              </tr>
            ))}
          </ListTable>
        </div>
      )}
    </section>
  )
}
