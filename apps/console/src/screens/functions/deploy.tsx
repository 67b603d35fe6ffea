import type { Access, Runtime } from "@ashlar/sdk"
import { useMutation, useQuery } from "@tanstack/react-query"
import { Link, useNavigate, useParams } from "@tanstack/react-router"
import { FileUp } from "lucide-react"
import { type DragEvent, useRef, useState } from "react"
import { useActions } from "../../actions.ts"
import { toBytes } from "../../model/format.ts"
import { accessNames } from "../../model/rules.ts"
import { helloFunction } from "../../model/snippets.ts"
import { capabilitiesQuery, collectionsQuery, functionsQuery, refresh } from "../../queries.ts"
import { admin } from "../../session.ts"
import { showToast } from "../../toasts.ts"
import { Button, CopyButton } from "../../ui/button.tsx"
import { CodeView } from "../../ui/code.tsx"
import { Field, Select } from "../../ui/form.tsx"
import { Ago, ListTable } from "../../ui/list.tsx"
import { Blank, Bones, messageOf } from "../../ui/state.tsx"
import { fieldError, formError } from "../account-form.tsx"

/** All functions, and how one more gets here. */
export function DeployScreen() {
  const { p } = useParams({ from: "/signed-in/projects/$p/functions/" })
  const functions = useQuery(functionsQuery(p))
  const collections = useQuery(collectionsQuery(p))
  const items = functions.data?.items ?? []
  const hello = helloFunction(collections.data?.items[0]?.name)
  const commands = `ashlar login ${location.origin}\nashlar init ${p} && cd ${p}\nashlar deploy`
  return (
    <>
      <section className="pane grow" data-pane="" aria-label="All functions">
        <div className="bar head course-end not-phone">
          <h1>{items.length > 0 ? "All functions" : "Deploy"}</h1>
        </div>
        <div className="scroll">
          {functions.isPending && <Bones heightPx={40} label="Loading functions" />}
          {items.length > 0 && (
            <ListTable
              heads={[
                "Name",
                ["Runtime", "w-24"],
                ["Version", "w-24"],
                ["Who may call it", "w-40"],
                ["Deployed", "r w-28"],
              ]}
              className="not-phone"
            >
              {items.map((item) => (
                <tr key={item.name}>
                  <td>
                    <Link
                      className="font-strong hover:underline"
                      to="/projects/$p/functions/$f"
                      params={{ p, f: item.name }}
                    >
                      {item.name}
                    </Link>
                  </td>
                  <td className="text-fg-2">{item.runtime}</td>
                  <td className="text-fg-2">v{item.version}</td>
                  <td className="text-fg-2">{accessNames[item.access]}</td>
                  <Ago at={item.updatedAt} last />
                </tr>
              ))}
            </ListTable>
          )}
          {functions.data && (
            <>
              {items.length === 0 && (
                <Blank title="One file, live in two commands">
                  <p>
                    A function is a fetch handler. It runs sandboxed, reaches no host it was not granted, and reads this
                    project's documents.
                  </p>
                </Blank>
              )}
              <div className="px-4 py-4 grid gap-4 max-w-[760px]">
                <div className="snippet border border-joint rounded">
                  <CodeView text={`// functions/hello.ts\n${hello}`} language="js" label="A function to start from" />
                  <CopyButton className="copy" text={hello} />
                </div>
                <div className="snippet border border-joint rounded">
                  <CodeView text={commands} language="shell" label="Commands to deploy" />
                  <CopyButton className="copy" text={commands} />
                </div>
              </div>
            </>
          )}
        </div>
      </section>
      <DeployPanel p={p} />
    </>
  )
}

interface Bundle {
  readonly file: string
  readonly code: string
}

/** A function's name as the server takes it, from the name of a file. */
function toName(file: string): string {
  return file
    .replace(/\.[a-z]+$/i, "")
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]+/g, "-")
    .replaceAll(/^[^a-z]+|-+$/g, "")
}

function DeployPanel({ p }: { p: string }) {
  const navigate = useNavigate()
  const capabilities = useQuery(capabilitiesQuery())
  const input = useRef<HTMLInputElement>(null)
  const [bundle, setBundle] = useState<Bundle>()
  const [wrong, setWrong] = useState<string>()
  const [isOver, setIsOver] = useState(false)
  const [name, setName] = useState("")
  const [runtime, setRuntime] = useState<Runtime>("bun")
  const [access, setAccess] = useState<Access>("secret")
  const available = capabilities.data?.functions
  const chosen = available && !available[runtime].available ? (runtime === "bun" ? "quickjs" : "bun") : runtime
  const deploy = useMutation({
    mutationFn: () => admin.functions.deploy(p, { name, runtime: chosen, access, code: bundle?.code ?? "" }),
    onSuccess: ({ function: { name: deployed }, version }) => {
      refresh(p, "functions", "function", "versions")
      showToast({
        tone: "ok",
        title: `Deployed ${deployed}`,
        text: `v${version.version}, ${toBytes(version.sizeBytes)}`,
      })
      return navigate({ to: "/projects/$p/functions/$f", params: { p, f: deployed } })
    },
  })
  useActions([
    {
      id: "deploy-file",
      title: "Deploy a file",
      group: "Do",
      icon: FileUp,
      keys: "n",
      run: () => input.current?.click(),
    },
  ])

  const read = async (file: File | undefined): Promise<void> => {
    if (!file) return
    deploy.reset()
    if (!/\.m?js$/i.test(file.name)) {
      setBundle(undefined)
      setWrong(`Expected a bundled .js or .mjs file, got ${file.name}. The CLI bundles TypeScript: ashlar deploy`)
      return
    }
    setWrong(undefined)
    setBundle({ file: file.name, code: await file.text() })
    setName((old) => old || toName(file.name))
  }
  const onDrop = (event: DragEvent): void => {
    event.preventDefault()
    setIsOver(false)
    void read(event.dataTransfer.files[0])
  }
  return (
    <aside className="pane panel in-flow" data-pane="" aria-label="Deploy a file">
      <div className="bar head course-end">
        <h2>Deploy a file</h2>
      </div>
      <form
        className="scroll p-4 grid gap-4 content-start"
        onSubmit={(event) => {
          event.preventDefault()
          if (bundle) deploy.mutate()
        }}
      >
        <button
          type="button"
          className={`drop-zone ${isOver ? "over" : ""}`}
          onClick={() => input.current?.click()}
          onDragOver={(event) => {
            event.preventDefault()
            setIsOver(true)
          }}
          onDragLeave={() => setIsOver(false)}
          onDrop={onDrop}
        >
          <FileUp className="i" />
          {bundle ? (
            <span>
              <b>{bundle.file}</b> <span className="text-fg-2">{toBytes(new Blob([bundle.code]).size)}</span>
            </span>
          ) : (
            <span>{isOver ? "Let go to read it" : "Drop a bundled .js file, or press to choose one"}</span>
          )}
        </button>
        <input
          ref={input}
          type="file"
          accept=".js,.mjs,text/javascript"
          className="hidden"
          aria-label="Function file"
          onChange={(event) => void read(event.target.files?.[0])}
        />
        {wrong !== undefined && (
          <p className="wrong" role="alert">
            {wrong}
          </p>
        )}
        <Field
          label="Name"
          mono
          autoComplete="off"
          spellCheck={false}
          value={name}
          error={fieldError(deploy.error, "name")}
          hint={`Called at /f/${p}/${name || "…"}`}
          onChange={(event) => setName(event.target.value)}
        />
        <Select
          label="Runtime"
          value={chosen}
          choices={(["bun", "quickjs"] as const)
            .filter((choice) => !available || available[choice].available)
            .map(
              (choice) =>
                [
                  choice,
                  choice === "bun" ? "bun · a sandboxed process" : "quickjs · WebAssembly, clean state per call",
                ] as const,
            )}
          onChange={setRuntime}
        />
        <Select
          label="Who may call it"
          value={access}
          choices={[
            ["secret", "Secret keys and members"],
            ["publishable", "Any key of the project"],
            ["public", "Everybody, without a key"],
          ]}
          onChange={setAccess}
        />
        {formError(deploy.error, ["name"]) !== undefined && (
          <p className="wrong" role="alert">
            {messageOf(deploy.error)}
          </p>
        )}
        <div>
          <Button type="submit" look="ink" busy={deploy.isPending} disabled={!bundle || name === ""}>
            Deploy
          </Button>
        </div>
      </form>
    </aside>
  )
}
