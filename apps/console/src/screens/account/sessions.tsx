import type { SessionInfo } from "@ashlar/sdk"
import { useMutation, useQuery } from "@tanstack/react-query"
import { LogOut } from "lucide-react"
import { toAgo, toDate } from "../../model/format.ts"
import { queryClient, sessionsQuery } from "../../queries.ts"
import { admin } from "../../session.ts"
import { showToast } from "../../toasts.ts"
import { IconButton } from "../../ui/button.tsx"
import { Bones, Failed, messageOf } from "../../ui/state.tsx"

/** Where the person is signed in; each place can be ended. */
export function SessionList() {
  const sessions = useQuery(sessionsQuery())
  const end = useMutation({
    mutationFn: ({ id }: SessionInfo) => admin.sessions.revoke(id),
    onSuccess: () => {
      showToast({ tone: "ok", title: "Session ended" })
      void queryClient.invalidateQueries({ queryKey: sessionsQuery().queryKey })
    },
    onError: (error) => showToast({ tone: "bad", title: "The session goes on", text: messageOf(error) }),
  })
  const nowMs = Date.now()
  return (
    <section className="setting" aria-label="Sessions">
      <h2>Where you are signed in</h2>
      {sessions.isPending && <Bones heightPx={40} label="Loading sessions" />}
      {sessions.isError && (
        <Failed title="The sessions could not be read" error={sessions.error} onRetry={() => void sessions.refetch()} />
      )}
      {sessions.data && (
        <table className="rows stack">
          <thead>
            <tr>
              <th scope="col">Program</th>
              <th scope="col">Address</th>
              <th scope="col" className="w-32">
                Last used
              </th>
              <th scope="col" className="w-16">
                <span className="visually-hidden">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {sessions.data.items.map((session) => (
              <tr key={session.id}>
                <td className="whitespace-normal break-words">
                  {programOf(session.userAgent)}
                  {session.current && <span className="tag ml-2">this one</span>}
                </td>
                <td className="mono text-fg-2">{session.address}</td>
                <td data-head="used" className="text-fg-2" title={toDate(session.lastUsedAt)}>
                  {toAgo(session.lastUsedAt, nowMs)}
                </td>
                <td className="acts">
                  <div>
                    {!session.current && (
                      <IconButton
                        icon={LogOut}
                        label={`End the session of ${programOf(session.userAgent)}`}
                        disabled={end.isPending}
                        onClick={() => end.mutate(session)}
                      />
                    )}
                  </div>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  )
}

const BROWSERS = [
  ["Edg/", "Edge"],
  ["Firefox/", "Firefox"],
  ["Chrome/", "Chrome"],
  ["Safari/", "Safari"],
] as const
const SYSTEMS = [
  ["Windows", "Windows"],
  ["Android", "Android"],
  ["iPhone", "iPhone"],
  ["iPad", "iPad"],
  ["Mac OS X", "macOS"],
  ["Linux", "Linux"],
] as const

/** A browser in words; any other program as it calls itself. */
function programOf(userAgent: string | null): string {
  if (userAgent === null || userAgent === "") return "says nothing of itself"
  const browser = BROWSERS.find(([sign]) => userAgent.includes(sign))?.[1]
  if (browser === undefined) return userAgent.slice(0, 80)
  const system = SYSTEMS.find(([sign]) => userAgent.includes(sign))?.[1]
  return system === undefined ? browser : `${browser} on ${system}`
}
