import type { FunctionInfo, Limits } from "@ashlar/sdk"
import { useMutation } from "@tanstack/react-query"
import { useNavigate } from "@tanstack/react-router"
import { type ReactNode, useState } from "react"
import { limitText, toBytes, toCount, toDate } from "../../model/format.ts"
import { accessNames } from "../../model/rules.ts"
import { refresh } from "../../queries.ts"
import { admin } from "../../session.ts"
import { Button } from "../../ui/button.tsx"
import { TypedConfirm } from "../../ui/dialog.tsx"
import { messageOf } from "../../ui/state.tsx"

const limitNames: { readonly [K in keyof Limits]-?: readonly [name: string, text: (value: number) => string] } = {
  wallMs: ["Wall time of a call", limitText],
  cpuMs: ["Processor time of a call", limitText],
  memoryMb: ["Memory", (value) => `${toCount(value)} MB`],
  bodyBytes: ["Request and response body", toBytes],
  logLines: ["Log lines of a call", toCount],
  concurrency: ["Calls at the same time", toCount],
  queue: ["Calls that may wait", toCount],
}

/** What it may use, whom it may reach, who may call it. These change with the next deploy. */
export function LimitsTab({ p, info }: { p: string; info: FunctionInfo }) {
  const [deleting, setDeleting] = useState(false)
  return (
    <div>
      <Section title="Access">
        <Line name="Who may call it">{accessNames[info.access]}, and members of the project</Line>
        <Line name="Hosts it may reach">
          {info.egress.length > 0 ? <span className="mono">{info.egress.join(", ")}</span> : "none"}
        </Line>
        <Line name="Environment">
          {info.env.length > 0 ? <span className="mono">{info.env.join(", ")}</span> : "none"}
        </Line>
      </Section>
      <Section title="Limits">
        {(Object.keys(limitNames) as (keyof Limits)[]).map((key) => {
          const [name, text] = limitNames[key]
          const value = info.limits[key]
          return (
            <Line key={key} name={name}>
              {value === undefined ? <span className="text-fg-3">the install's default</span> : text(value)}{" "}
              <span className="mono text-fg-3 ml-2">{key}</span>
            </Line>
          )
        })}
      </Section>
      <Section title="This function">
        <Line name="Created">{toDate(info.createdAt)}</Line>
        <Line name="Deployed">{toDate(info.updatedAt)}</Line>
      </Section>
      <p className="hint px-4 py-3">
        Limits, hosts and environment are part of a deploy: change them in ashlar.toml and deploy again.
      </p>
      <div className="px-4 pb-4">
        <Button look="danger" onClick={() => setDeleting(true)}>
          Delete function…
        </Button>
      </div>
      {deleting && <DeleteFunction p={p} info={info} onClose={() => setDeleting(false)} />}
    </div>
  )
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section aria-label={title}>
      <h2 className="text-md px-4 h-10 flex items-center border-b border-joint bg-sunken">{title}</h2>
      <dl>{children}</dl>
    </section>
  )
}

function Line({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="grid grid-cols-[180px_minmax(0,1fr)] gap-3 px-4 py-1.5 border-b border-joint">
      <dt className="text-fg-2">{name}</dt>
      <dd className="min-w-0">{children}</dd>
    </div>
  )
}

function DeleteFunction({ p, info, onClose }: { p: string; info: FunctionInfo; onClose: () => void }) {
  const navigate = useNavigate()
  const remove = useMutation({
    mutationFn: () => admin.functions.delete(p, info.name),
    onSuccess: async () => {
      await navigate({ to: "/projects/$p/functions", params: { p } })
      refresh(p, "functions", "function")
    },
  })
  return (
    <TypedConfirm
      title={`Delete ${info.name}`}
      name={info.name}
      submit="Delete function"
      busy={remove.isPending}
      error={remove.error ? messageOf(remove.error) : undefined}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    >
      <p className="text-fg-2">
        All its versions and logs go with it, and {info.url} answers 404. There is no way back.
      </p>
    </TypedConfirm>
  )
}
