import type { SessionInfo } from "@ashlar/sdk"
import { useMutation, useQuery } from "@tanstack/react-query"
import { LogOut } from "lucide-react"
import { queryClient, sessionsQuery } from "../../queries.ts"
import { admin } from "../../session.ts"
import { showToast } from "../../toasts.ts"
import { IconButton } from "../../ui/button.tsx"
import { Acts, Ago, List, ListTable } from "../../ui/list.tsx"
import { messageOf } from "../../ui/state.tsx"

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
  const items = sessions.data?.items ?? []
  return (
    <section className="setting" aria-label="Sessions">
      <h2>Where you are signed in</h2>
      <List query={sessions} what="sessions" count={items.length}>
        <ListTable heads={["Program", "Address", ["Last used", "w-32"]]} acts="w-16">
          {items.map((session) => (
            <tr key={session.id}>
              <td className="whitespace-normal break-words">
                {programOf(session.userAgent)}
                {session.current && <span className="tag ml-2">this one</span>}
              </td>
              <td className="mono text-fg-2">{session.address}</td>
              <Ago head="used" at={session.lastUsedAt} />
              <Acts>
                {!session.current && (
                  <IconButton
                    icon={LogOut}
                    label={`End the session of ${programOf(session.userAgent)}`}
                    disabled={end.isPending}
                    onClick={() => end.mutate(session)}
                  />
                )}
              </Acts>
            </tr>
          ))}
        </ListTable>
      </List>
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
