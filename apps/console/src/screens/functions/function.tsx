import type { FunctionVersion } from "@ashlar/sdk"
import { useMutation, useQuery } from "@tanstack/react-query"
import { useNavigate, useParams, useSearch } from "@tanstack/react-router"
import { History, Play } from "lucide-react"
import { useState } from "react"
import { useActions } from "../../actions.ts"
import { toAgo, toBytes } from "../../model/format.ts"
import { functionQuery, isNotFound, queryClient, refresh, versionsQuery } from "../../queries.ts"
import { admin } from "../../session.ts"
import { showToast } from "../../toasts.ts"
import { Button, CopyIcon } from "../../ui/button.tsx"
import { FormDialog } from "../../ui/dialog.tsx"
import { Blank, Failed, messageOf } from "../../ui/state.tsx"
import { TabPanel, TabRoot, TabStrip } from "../../ui/tabs.tsx"
import { type CallDraft, InvokePanel } from "./invoke.tsx"
import { LimitsTab } from "./limits.tsx"
import { LogTab } from "./log-tab.tsx"
import { VersionsTab } from "./versions.tsx"

const route = "/signed-in/projects/$p/functions/$f"

/** One function: what it wrote, its versions, its limits; and a call to it at the side. */
export function FunctionScreen() {
  const { f } = useParams({ from: route })
  return <FunctionOf key={f} />
}

function FunctionOf() {
  const { p, f } = useParams({ from: route })
  const { section = "logs" } = useSearch({ from: route })
  const navigate = useNavigate()
  const info = useQuery({ ...functionQuery(p, f), refetchInterval: 10_000 })
  const versions = useQuery(versionsQuery(p, f))
  const [rolling, setRolling] = useState<FunctionVersion>()
  const [replay, setReplay] = useState<CallDraft>()
  const [isInvoking, setInvoking] = useState(false)
  const list = [...(versions.data?.items ?? [])].sort((a, b) => b.version - a.version)
  const active = list.find((version) => version.active)
  const before = list.find((version) => version.version < (active?.version ?? 0))
  useActions([
    before && {
      id: "rollback",
      title: `Roll back to v${before.version}…`,
      group: "Do",
      hint: f,
      icon: History,
      run: () => setRolling(before),
    },
  ])

  if (info.isError)
    return (
      <section className="pane grow" data-pane="">
        {isNotFound(info.error) ? (
          <Blank page title="No such function">
            <p>No function of this project is called {f}. It may have been deleted.</p>
          </Blank>
        ) : (
          <Failed title="The function could not be read" error={info.error} onRetry={() => void info.refetch()} />
        )}
      </section>
    )
  return (
    <>
      <section className="pane grow" data-pane="" aria-label={`Function ${f}`}>
        <TabRoot
          value={section}
          onChange={(next) =>
            void navigate({
              to: ".",
              search: (old) => ({ ...old, section: next === "logs" ? undefined : next }),
              replace: true,
            })
          }
        >
          <div className="bar head">
            <h1 className="cut not-phone">{f}</h1>
            {info.data ? (
              <>
                <span className="tag ok">
                  <span className="dot" />v{info.data.version} live
                </span>
                <span className="tag not-phone">{info.data.runtime}</span>
              </>
            ) : (
              <span className="bone w-20" />
            )}
            <div className="ml-auto flex items-center gap-2 min-w-0">
              <span className="mono text-fg-2 cut not-phone">{info.data?.url ?? `/f/${p}/${f}`}</span>
              <span className="not-phone -ml-1.5">
                <CopyIcon text={location.origin + (info.data?.url ?? "")} label="Copy the function's address" />
              </span>
              <Button className="only-phone" icon={Play} onClick={() => setInvoking(true)}>
                Invoke
              </Button>
              <Button icon={History} disabled={!before} onClick={() => setRolling(before)}>
                Roll back
              </Button>
            </div>
          </div>
          <div className="bar course-end px-4!">
            <TabStrip
              label="Function"
              tabs={[
                ["logs", "Logs"] as const,
                ["versions", "Versions", versions.data?.items.length] as const,
                ["limits", "Limits and access"] as const,
              ]}
            />
          </div>
          <TabPanel value="logs" className="flex flex-col flex-1 min-h-0" tabIndex={-1}>
            <LogTab
              p={p}
              f={f}
              versions={list}
              limits={info.data?.limits}
              onRollback={setRolling}
              onReplay={setReplay}
            />
          </TabPanel>
          <TabPanel value="versions" className="scroll" tabIndex={-1}>
            <VersionsTab versions={versions} list={list} onRollback={setRolling} />
          </TabPanel>
          <TabPanel value="limits" className="scroll" tabIndex={-1}>
            {info.data && <LimitsTab p={p} info={info.data} />}
          </TabPanel>
        </TabRoot>
      </section>
      <InvokePanel p={p} f={f} info={info.data} replay={replay} isOpen={isInvoking} onOpen={setInvoking} />
      {rolling && active && <RollBack p={p} f={f} from={active} to={rolling} onClose={() => setRolling(undefined)} />}
    </>
  )
}

/** Asks once, and names both versions. */
function RollBack({
  p,
  f,
  from,
  to,
  onClose,
}: {
  p: string
  f: string
  from: FunctionVersion
  to: FunctionVersion
  onClose: () => void
}) {
  const roll = useMutation({
    mutationFn: () => admin.functions.rollback(p, f, to.version),
    onSuccess: (info) => {
      queryClient.setQueryData(functionQuery(p, f).queryKey, info)
      refresh(p, "functions", "versions")
      showToast({ tone: "ok", title: `v${to.version} is live`, text: f })
      onClose()
    },
  })
  const isForward = to.version > from.version
  return (
    <FormDialog
      title={`${isForward ? "Activate" : "Roll back to"} v${to.version}`}
      submit={`Make v${to.version} live`}
      busy={roll.isPending}
      error={roll.error ? messageOf(roll.error) : undefined}
      onSubmit={() => roll.mutate()}
      onClose={onClose}
    >
      <p className="text-fg-2">
        <b className="text-fg">{f}</b> answers from <b className="text-fg">v{from.version}</b>, deployed{" "}
        {toAgo(from.createdAt, Date.now())}. From the next call on it answers from{" "}
        <b className="text-fg">v{to.version}</b>, deployed {toAgo(to.createdAt, Date.now())} by {to.createdBy},{" "}
        {toBytes(to.sizeBytes)}. Calls that run now end on v{from.version}. No version is deleted.
      </p>
    </FormDialog>
  )
}
