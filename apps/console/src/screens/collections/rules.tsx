import { isRequestError, type Rule, type RuleLevel, type Rules } from "@ashlar/sdk"
import { useMutation, useQuery } from "@tanstack/react-query"
import { useParams } from "@tanstack/react-router"
import { Check, Minus, TriangleAlert } from "lucide-react"
import { ToggleGroup } from "radix-ui"
import { useState } from "react"
import { useActions } from "../../actions.ts"
import { plural } from "../../model/format.ts"
import {
  callers,
  isConditional,
  levelName,
  levels,
  mayCall,
  type Operation,
  opened,
  operations,
  ruleChanges,
  ruleSentence,
} from "../../model/rules.ts"
import { collectionQuery, queryClient, refresh } from "../../queries.ts"
import { admin } from "../../session.ts"
import { showToast } from "../../toasts.ts"
import { Button } from "../../ui/button.tsx"
import { Bones, Failed, messageOf } from "../../ui/state.tsx"
import { CollectionHead } from "./head.tsx"

const titles: Record<Operation, string> = { read: "Read", create: "Create", update: "Update", delete: "Delete" }

/** Who may do what. A draft says what it would change before it is published. */
export function RulesScreen() {
  const { p, c } = useParams({ from: "/signed-in/projects/$p/collections/$c/rules" })
  const collection = useQuery(collectionQuery(p, c))
  const [draft, setDraft] = useState<Partial<Rules>>({})
  const [warned, setWarned] = useState(false)
  const published = collection.data?.rules
  const rules: Rules | undefined = published && { ...published, ...draft }
  const changed = published ? operations.filter((operation) => rules?.[operation] !== published[operation]) : []
  const widened = published && rules ? opened(published, rules) : []
  const publish = useMutation({
    mutationFn: (next: Rules) => admin.collections.update(p, c, { rules: next }),
    onSuccess: (next) => {
      queryClient.setQueryData(collectionQuery(p, c).queryKey, next)
      refresh(p, "collections")
      discard()
      showToast({ tone: "ok", title: "Rules published", text: c })
    },
  })
  const discard = (): void => {
    setDraft({})
    setWarned(false)
    publish.reset()
  }
  const press = (): void => {
    if (!rules || changed.length === 0) return
    if (widened.length > 0 && !warned) setWarned(true)
    else publish.mutate(rules)
  }
  const choose = (operation: Operation, access: Rule): void => {
    setDraft((old) => ({ ...old, [operation]: access }))
    setWarned(false)
  }
  useActions([
    changed.length > 0 && {
      id: "publish-rules",
      title: "Publish rules",
      group: "Do",
      keys: "mod+s",
      inFields: true,
      run: press,
    },
    changed.length > 0 && {
      id: "discard-rules",
      title: "Discard the draft rules",
      group: "Do",
      keys: "Escape",
      quiet: true,
      run: discard,
    },
  ])
  return (
    <>
      <section className="pane grow" data-pane="" aria-label={`Rules of ${c}`}>
        <CollectionHead p={p} c={c} collection={collection.data} tab="rules" />
        <div className="scroll">
          {collection.isPending && <Bones rows={4} heightPx={108} label="Loading rules" />}
          {collection.isError && (
            <Failed
              title="The rules could not be read"
              error={collection.error}
              onRetry={() => void collection.refetch()}
            />
          )}
          {rules &&
            operations.map((operation) => (
              <section
                key={operation}
                className={changed.includes(operation) ? "op dirty" : "op"}
                aria-label={titles[operation]}
              >
                <div className="op-head">
                  <h2>{titles[operation]}</h2>
                  <span
                    className={
                      rules[operation] === "public" ? "tag warn" : rules[operation] === null ? "tag" : "tag ok"
                    }
                  >
                    {levelName(rules[operation])}
                  </span>
                  {changed.includes(operation) && (
                    <span className="ml-auto text-fg-3">
                      was {levelName(published?.[operation] ?? null).toLowerCase()}
                    </span>
                  )}
                </div>
                <RuleChoice
                  operation={operation}
                  value={rules[operation]}
                  onChange={(access) => choose(operation, access)}
                />
                <p className="say">{ruleSentence(operation, rules[operation], collection.data?.count ?? 0)}</p>
              </section>
            ))}
        </div>
        {changed.length > 0 && published && rules && (
          <div className="save" aria-live="polite">
            {warned && (
              <div className="notice warn mb-3">
                <TriangleAlert className="i" />
                <span>
                  <b>Anybody who can reach this server</b> may {widened.join(", ")}{" "}
                  {widened.length === 1 && widened[0] === "read" ? "all" : ""} documents of {c}, without a key. Press
                  again if that is what you want.
                </span>
              </div>
            )}
            <div className="flex items-center gap-2 flex-wrap">
              <span className="dot sq text-chalk" />
              <span className="min-w-0 grow text-sm">
                <b className="block text-md">{plural(changed.length, "unpublished change")}</b>
                <span className="text-fg-2">
                  {ruleChanges(published, rules).join(" ") || "No one gains or loses anything."}
                </span>
                {publish.isError && (
                  <span className="wrong block" role="alert">
                    {messageOf(publish.error)}
                    {isRequestError(publish.error) &&
                      publish.error.status === 403 &&
                      " Your role in this project does not allow it."}
                  </span>
                )}
              </span>
              <Button look="quiet" onClick={discard}>
                Discard
              </Button>
              <Button look="ink" keys="mod+s" busy={publish.isPending} onClick={press}>
                {warned ? `Publish, open to everybody` : "Publish rules"}
              </Button>
            </div>
          </div>
        )}
      </section>
      <aside className="pane panel not-phone" data-pane="" aria-label="Who can do this">
        <div className="bar head course-end">
          <h2>Who can do this?</h2>
          <span className="hint ml-auto">{changed.length > 0 ? "with the draft" : "as published"}</span>
        </div>
        <div className="scroll">{rules && published && <Matrix rules={rules} published={published} />}</div>
      </aside>
    </>
  )
}

function RuleChoice({
  operation,
  value,
  onChange,
}: {
  operation: Operation
  value: Rule
  onChange: (access: Rule) => void
}) {
  return (
    <ToggleGroup.Root
      className="seg w-max max-w-full overflow-x-auto"
      type="single"
      aria-label={`Who may ${operation}`}
      value={isConditional(value) ? "some" : (value ?? "none")}
      onValueChange={(chosen) =>
        chosen !== "" && chosen !== "some" && onChange(chosen === "none" ? null : (chosen as RuleLevel))
      }
    >
      {levels.map((level) => (
        <ToggleGroup.Item key={level ?? "none"} value={level ?? "none"}>
          {levelName(level)}
        </ToggleGroup.Item>
      ))}
      {isConditional(value) && <ToggleGroup.Item value="some">{levelName(value)}</ToggleGroup.Item>}
    </ToggleGroup.Root>
  )
}

/** Every kind of caller beside every operation. */
function Matrix({ rules, published }: { rules: Rules; published: Rules }) {
  return (
    <table className="matrix">
      <thead>
        <tr>
          <th scope="col">Caller</th>
          {operations.map((operation) => (
            <th scope="col" key={operation}>
              {titles[operation]}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {callers.map((caller) => (
          <tr key={caller.name}>
            <th scope="row">
              {caller.name}
              <span>{caller.hint}</span>
            </th>
            {operations.map((operation) => {
              const may = mayCall(caller, operation, rules)
              const isWide = may && caller.name === "Anonymous"
              const isChanged = may !== mayCall(caller, operation, published)
              return (
                <td key={operation} className={[may ? (isWide ? "w" : "y") : "", isChanged ? "changed" : ""].join(" ")}>
                  <span>
                    {may ? <Check className="i s" /> : <Minus className="i s" />}
                    {may ? (caller.name === "App user" && isConditional(rules[operation]) ? "Some" : "All") : "None"}
                  </span>
                </td>
              )
            })}
          </tr>
        ))}
      </tbody>
    </table>
  )
}
