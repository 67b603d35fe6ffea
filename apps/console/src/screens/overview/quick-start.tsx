import type { CollectionInfo, FunctionInfo, Key, Member } from "@ashlar/sdk"
import { Link, type LinkProps } from "@tanstack/react-router"
import { Check } from "lucide-react"
import { useState } from "react"
import { plural } from "../../model/format.ts"
import { connectSnippets, type Snippet } from "../../model/snippets.ts"
import { CopyButton } from "../../ui/button.tsx"
import { CodeView } from "../../ui/code.tsx"
import { TabPanel, TabRoot, TabStrip } from "../../ui/tabs.tsx"

interface Step {
  readonly title: string
  /** What is there, or what is missing. */
  readonly text: string
  readonly done: boolean
  readonly link: Pick<LinkProps, "to" | "search">
}

interface QuickStartProps {
  p: string
  collections: readonly CollectionInfo[] | undefined
  functions: readonly FunctionInfo[] | undefined
  keys: readonly Key[] | undefined
  members: readonly Member[] | undefined
}

function stepsOf({ collections, functions, keys, members }: QuickStartProps): readonly Step[] {
  const first = collections?.[0]
  const open = collections?.filter(({ rules }) => Object.values(rules).some((access) => access !== null)) ?? []
  const used = keys?.some((key) => key.lastUsedAt !== null) ?? false
  const deployed = functions?.[0]
  return [
    {
      title: "Create a collection",
      text: first ? `${first.name}, ${plural(first.count, "document")}` : "Documents live in collections",
      done: first !== undefined,
      link: { to: "/projects/$p/collections" },
    },
    {
      title: "Write rules",
      text:
        open.length > 0
          ? `${open.length} of ${plural(collections?.length ?? 0, "collection")} let keys in`
          : "No rule means members only",
      done: open.length > 0,
      link: { to: "/projects/$p/collections" },
    },
    {
      title: "Deploy a function",
      text: deployed ? `${deployed.name}, v${deployed.version}` : "One file with a fetch handler",
      done: deployed !== undefined,
      link: { to: "/projects/$p/functions" },
    },
    {
      title: "Connect an app",
      text: used
        ? "A key is in use"
        : keys && keys.length > 0
          ? "No request with a key yet"
          : "Create a key, then paste this",
      done: used,
      link: { to: "/projects/$p/settings/api-keys" },
    },
    {
      title: "Invite your team",
      text: members ? (members.length > 1 ? `${members.length} of you so far` : "Only you so far") : "",
      done: (members?.length ?? 0) > 1,
      link: { to: "/projects/$p/settings/members" },
    },
  ]
}

/** What is laid, what comes next, and what to paste for it. */
export function QuickStart(props: QuickStartProps) {
  const { p, collections, functions } = props
  const [tab, setTab] = useState<Snippet["id"]>("browser")
  const steps = stepsOf(props)
  const isKnown = collections !== undefined && functions !== undefined
  const next = isKnown ? steps.findIndex((step) => !step.done) : -1
  const snippets = connectSnippets({ url: location.origin, project: p, collection: collections?.[0]?.name ?? "notes" })
  return (
    <div className="slab" data-pane="">
      <TabRoot value={tab} onChange={setTab}>
        <div className="slab-head">
          <h2>Quick start</h2>
          <span className="hint">
            {isKnown ? `${steps.filter((step) => step.done).length} of ${steps.length} laid` : ""}
          </span>
          <div className="ml-auto h-full">
            <TabStrip label="Way to connect" tabs={snippets.map(({ id, label }) => [id, label] as const)} />
          </div>
        </div>
        <div className="quick">
          <ol>
            {steps.map((step, position) => (
              <li
                key={step.title}
                className={step.done ? "done" : position === next ? "cur" : ""}
                aria-current={position === next ? "step" : undefined}
              >
                <Link {...step.link} params={{ p }}>
                  <span className="bx">{step.done && <Check className="i" />}</span>
                  <span className="min-w-0">
                    <b>{step.title}</b>
                    {step.done && <span className="visually-hidden">, done</span>}
                    <span className="hint cut block leading-[18px]">{step.text || " "}</span>
                  </span>
                </Link>
              </li>
            ))}
          </ol>
          {snippets.map(({ id, label, language, text }) => (
            <TabPanel key={id} value={id} className="snippet" tabIndex={-1}>
              <CodeView text={text} language={language} label={`${label} code`} />
              <CopyButton text={text} className="copy" />
            </TabPanel>
          ))}
        </div>
      </TabRoot>
    </div>
  )
}
