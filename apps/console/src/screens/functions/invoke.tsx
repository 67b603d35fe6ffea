import type { FunctionInfo } from "@ashlar/sdk"
import { useMutation } from "@tanstack/react-query"
import { useNavigate } from "@tanstack/react-router"
import { X } from "lucide-react"
import { useEffect, useRef, useState } from "react"
import { useActions } from "../../actions.ts"
import { callFunction } from "../../api.ts"
import { durationText, toBytes } from "../../model/format.ts"
import { shortId } from "../../model/logs.ts"
import { refresh } from "../../queries.ts"
import { Button, CopyIcon, IconButton } from "../../ui/button.tsx"
import { CodeView } from "../../ui/code.tsx"
import { Editor } from "../../ui/editor.tsx"
import { Segments } from "../../ui/form.tsx"
import { Failed } from "../../ui/state.tsx"
import { TabPanel, TabRoot, TabStrip } from "../../ui/tabs.tsx"

/** A call to send, or to send again. */
export interface CallDraft {
  readonly method: string
  readonly path: string
}

interface Answer {
  readonly status: number
  readonly statusText: string
  readonly tookMs: number
  readonly bytes: number
  readonly text: string
  readonly isJson: boolean
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly invocation: string | null
}

const methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"] as const
/** Answers beyond this are shown cut: the page must stay usable. */
const MAX_SHOWN_CHARACTERS = 200_000

async function readAnswer(response: Response, startedAtMs: number): Promise<Answer> {
  const bytes = new Uint8Array(await response.arrayBuffer())
  const tookMs = performance.now() - startedAtMs
  const type = response.headers.get("content-type") ?? ""
  const isText = type === "" || /^text\/|json|xml|javascript|urlencoded|svg/.test(type)
  const raw = isText ? new TextDecoder().decode(bytes) : `${toBytes(bytes.length)} of ${type}`
  const isJson = /json/.test(type)
  return {
    status: response.status,
    statusText: response.statusText,
    tookMs,
    bytes: bytes.length,
    text: (isJson ? pretty(raw) : raw).slice(0, MAX_SHOWN_CHARACTERS),
    isJson,
    headers: [...response.headers],
    invocation: response.headers.get("ashlar-invocation"),
  }
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}

/** `Name: value` per line, as people write headers. */
function parseHeaders(text: string): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const line of text.split("\n")) {
    const colon = line.indexOf(":")
    if (colon > 0) headers[line.slice(0, colon).trim()] = line.slice(colon + 1).trim()
  }
  return headers
}

interface InvokeProps {
  p: string
  f: string
  info: FunctionInfo | undefined
  replay: CallDraft | undefined
  /** On a phone it is a sheet, which opens and closes. */
  isOpen: boolean
  onOpen: (open: boolean) => void
}

/** Calls the function as it would be called from outside, and shows all that comes back. */
export function InvokePanel({ p, f, info, replay, isOpen, onOpen }: InvokeProps) {
  const navigate = useNavigate()
  const [method, setMethod] = useState("GET")
  const [path, setPath] = useState("/")
  const [who, setWho] = useState<"me" | "anonymous">("me")
  const [tab, setTab] = useState<"body" | "headers">("body")
  const [body, setBody] = useState('{\n  "hello": "world"\n}')
  const [headers, setHeaders] = useState("Content-Type: application/json")
  const [shown, setShown] = useState<"response" | "headers">("response")
  const pathInput = useRef<HTMLInputElement>(null)
  const running = useRef<AbortController>(undefined)
  const hasBody = method !== "GET" && method !== "HEAD"

  useEffect(() => {
    if (!replay) return
    setMethod(replay.method)
    setPath(replay.path)
    onOpen(true)
    pathInput.current?.focus()
  }, [replay, onOpen])
  useEffect(() => () => running.current?.abort(), [])

  const send = useMutation({
    mutationFn: async () => {
      running.current?.abort()
      const call = new AbortController()
      running.current = call
      const startedAtMs = performance.now()
      const typed = parseHeaders(headers)
      if (!hasBody) for (const name of Object.keys(typed)) if (name.toLowerCase() === "content-type") delete typed[name]
      const response = await callFunction(p, f, {
        as: who,
        method,
        path,
        headers: typed,
        body: hasBody ? body : null,
        signal: call.signal,
      })
      return readAnswer(response, startedAtMs)
    },
    onSettled: () => refresh(p, "metrics"),
  })
  const submit = (): void => {
    if (!send.isPending) send.mutate()
  }
  const show = (): void => {
    onOpen(true)
    requestAnimationFrame(() => pathInput.current?.select())
  }
  useActions([
    { id: "invoke", title: "Invoke the function", group: "Do", hint: f, keys: "i", run: show },
    { id: "send-call", title: "Send the call", group: "Do", hint: f, keys: "mod+Enter", inFields: true, run: submit },
  ])
  const url = info?.url ?? `/f/${p}/${f}`
  const curl = toCurl({
    url: location.origin + url + path,
    method,
    headers,
    body: hasBody ? body : undefined,
    isSignedIn: who === "me",
  })
  return (
    <aside className={`pane panel invoke tall ${isOpen ? "" : "not-phone"}`} aria-label="Invoke" data-pane="">
      <button type="button" className="sheet-handle" aria-label="Close the panel" onClick={() => onOpen(false)} />
      <div className="bar head">
        <h2>Invoke</h2>
        <span className="text-fg-2">{info ? `v${info.version}` : ""}</span>
        <Button className="ml-auto" look="ink" keys="mod+Enter" busy={send.isPending} onClick={submit}>
          Send
        </Button>
        <span className="only-phone">
          <IconButton icon={X} label="Close" onClick={() => onOpen(false)} />
        </span>
      </div>
      <div className="bar px-4!">
        <label className="visually-hidden" htmlFor="invoke-method">
          Method
        </label>
        <select
          id="invoke-method"
          className="field mono w-22! flex-none text-ok"
          value={method}
          onChange={(event) => setMethod(event.target.value)}
        >
          {methods.map((choice) => (
            <option key={choice}>{choice}</option>
          ))}
        </select>
        <label className="visually-hidden" htmlFor="invoke-path">
          Path after the function
        </label>
        <span className="field mono min-w-0">
          <span className="text-fg-3 cut shrink" title={url}>
            {url}
          </span>
          <input
            id="invoke-path"
            ref={pathInput}
            className="min-w-20!"
            spellCheck={false}
            autoComplete="off"
            value={path}
            onChange={(event) => setPath(event.target.value)}
            onKeyDown={(event) => event.key === "Enter" && !event.ctrlKey && !event.metaKey && submit()}
          />
        </span>
      </div>
      <div className="bar px-4!">
        <span className="text-fg-2 mr-2" id="invoke-as">
          Call as
        </span>
        <Segments
          label="Call as"
          value={who}
          choices={[
            ["anonymous", "Anonymous"],
            ["me", "Me"],
          ]}
          onChange={setWho}
        />
        <span className="hint cut">{who === "me" ? "with your session" : "without any key"}</span>
      </div>
      <TabRoot value={tab} onChange={setTab}>
        <div className="bar px-4!">
          <TabStrip
            label="Request"
            tabs={[
              ["body", "Body"] as const,
              ["headers", "Headers", Object.keys(parseHeaders(headers)).length] as const,
            ]}
          />
          <span className="hint ml-auto">{hasBody ? "" : `${method} sends no body`}</span>
        </div>
        <TabPanel value="body" className="h-36 flex-none flex flex-col" tabIndex={-1}>
          {hasBody ? (
            <Editor
              className="flex-1"
              value={body}
              language={/json/i.test(headers) ? "json" : "text"}
              label="Request body"
              onChange={setBody}
              onSubmit={submit}
            />
          ) : (
            <p className="bg-sunken flex-1 p-4 text-fg-3">Choose POST, PUT or PATCH to send one.</p>
          )}
        </TabPanel>
        <TabPanel value="headers" className="h-36 flex-none flex flex-col" tabIndex={-1}>
          <textarea
            className="mono bg-sunken p-4 leading-5 flex-1 resize-none"
            aria-label="Request headers, one per line"
            spellCheck={false}
            value={headers}
            onChange={(event) => setHeaders(event.target.value)}
          />
        </TabPanel>
      </TabRoot>
      <AnswerView
        answer={send.data}
        error={send.error}
        isPending={send.isPending}
        shown={shown}
        onShown={setShown}
        onStop={() => running.current?.abort()}
        onInvocation={(id) => void navigate({ to: ".", search: { find: id }, replace: true })}
      />
      <div className="foot px-4!">
        <span className="ml-auto flex items-center gap-1">
          Copy as curl <CopyIcon text={curl} label="Copy as curl" />
        </span>
      </div>
    </aside>
  )
}

interface AnswerProps {
  answer: Answer | undefined
  error: unknown
  isPending: boolean
  shown: "response" | "headers"
  onShown: (shown: "response" | "headers") => void
  onStop: () => void
  onInvocation: (id: string) => void
}

function AnswerView({ answer, error, isPending, shown, onShown, onStop, onInvocation }: AnswerProps) {
  if (isPending)
    return (
      <div className="flex-1 border-t border-joint-strong p-4 flex items-start gap-3" role="status">
        <span className="text-fg-2 leading-7">Waiting for the answer</span>
        <Button onClick={onStop}>Stop</Button>
      </div>
    )
  if (error)
    return (
      <div className="flex-1 border-t border-joint-strong">
        <Failed title="No answer came" error={error} />
      </div>
    )
  if (!answer)
    return (
      <div className="flex-1 border-t border-joint-strong p-4 text-fg-3">
        <p>The answer appears here: status, time, headers and body.</p>
      </div>
    )
  const tone = answer.status >= 500 ? "bad" : answer.status >= 400 ? "warn" : "ok"
  return (
    <TabRoot value={shown} onChange={onShown}>
      <div className="bar px-4! border-t border-t-joint-strong" role="status">
        <span className={`tag ${tone}`}>
          {answer.status} {answer.statusText}
        </span>
        <b>{durationText(answer.tookMs)}</b>
        <span className="text-fg-2">{toBytes(answer.bytes)}</span>
        {answer.invocation !== null && (
          <button
            type="button"
            className="link mono ml-auto"
            aria-label={`Show invocation ${answer.invocation} in the log`}
            onClick={() => onInvocation(answer.invocation ?? "")}
          >
            {shortId(answer.invocation)}
          </button>
        )}
      </div>
      <div className="bar course-end px-4!">
        <TabStrip
          label="Answer"
          tabs={[["response", "Response"] as const, ["headers", "Headers", answer.headers.length] as const]}
        />
        <span className="ml-auto">
          <CopyIcon text={answer.text} label="Copy the response" />
        </span>
      </div>
      <TabPanel value="response" className="scroll bg-sunken" tabIndex={-1}>
        {answer.text === "" ? (
          <p className="p-4 text-fg-3">No body.</p>
        ) : (
          <div className="editor min-h-full">
            <CodeView numbers text={answer.text} language={answer.isJson ? "json" : "text"} />
          </div>
        )}
      </TabPanel>
      <TabPanel value="headers" className="scroll" tabIndex={-1}>
        <dl>
          {answer.headers.map(([name, value]) => (
            <div
              className="grid grid-cols-[148px_minmax(0,1fr)] gap-2 px-4 py-1.5 border-b border-joint mono leading-5"
              key={name}
            >
              <dt className="text-fg-2 cut">{name}</dt>
              <dd className="break-all">{value}</dd>
            </div>
          ))}
        </dl>
      </TabPanel>
    </TabRoot>
  )
}

interface CurlParts {
  readonly url: string
  readonly method: string
  readonly headers: string
  readonly body: string | undefined
  readonly isSignedIn: boolean
}

function toCurl({ url, method, headers, body, isSignedIn }: CurlParts): string {
  const quote = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`
  const lines = [`curl ${quote(url)}`]
  if (method !== "GET") lines.push(`-X ${method}`)
  if (isSignedIn) lines.push(`-H "Authorization: Bearer ak_secret_…"`)
  if (body !== undefined) {
    for (const [name, value] of Object.entries(parseHeaders(headers))) lines.push(`-H ${quote(`${name}: ${value}`)}`)
    lines.push(`-d ${quote(body)}`)
  }
  return lines.join(" \\\n  ")
}
