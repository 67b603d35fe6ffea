import type { AppUser } from "@ashlar/sdk"
import { useInfiniteQuery, useMutation, useQuery } from "@tanstack/react-query"
import { useParams } from "@tanstack/react-router"
import { Search, UserPlus } from "lucide-react"
import { useDeferredValue, useRef, useState } from "react"
import { useActions } from "../../actions.ts"
import { toAgo, toDate } from "../../model/format.ts"
import { appUsersQuery, projectQuery, refresh } from "../../queries.ts"
import { admin } from "../../session.ts"
import { showToast } from "../../toasts.ts"
import { Button } from "../../ui/button.tsx"
import { FormDialog } from "../../ui/dialog.tsx"
import { Face } from "../../ui/face.tsx"
import { Field } from "../../ui/form.tsx"
import { Blank, Bones, Failed } from "../../ui/state.tsx"
import { fieldError, formError } from "../account-form.tsx"
import { AppUserDialog } from "./app-user-dialog.tsx"

/** The users of the app: who they are, and what rules know of them. */
export function AppUsersScreen() {
  const { p } = useParams({ from: "/signed-in/projects/$p/settings/users" })
  const [search, setSearch] = useState("")
  const email = useDeferredValue(search).trim()
  const users = useInfiniteQuery(appUsersQuery(p, email))
  const project = useQuery(projectQuery(p))
  const mayChange = project.data !== undefined && project.data.role !== "viewer"
  const [making, setMaking] = useState(false)
  const [open, setOpen] = useState<AppUser>()
  const input = useRef<HTMLInputElement>(null)
  useActions([
    { id: "find-user", title: "Find a user", group: "Do", icon: Search, keys: "/", run: () => input.current?.focus() },
    mayChange && {
      id: "new-user",
      title: "Make a user",
      group: "Do",
      icon: UserPlus,
      keys: "n",
      run: () => setMaking(true),
    },
  ])
  const items = users.data?.pages.flatMap((page) => page.items) ?? []
  return (
    <section className="pane grow" data-pane="" aria-label="App users">
      <div className="bar head course-end">
        <h1 className="whitespace-nowrap">App users</h1>
        <input
          ref={input}
          type="search"
          className="field w-56 min-w-0 shrink ml-auto"
          aria-label="Find a user by address"
          placeholder="Whole email address"
          value={search}
          onChange={(event) => setSearch(event.target.value)}
        />
        {mayChange && (
          <Button look="ink" icon={UserPlus} keys="n" onClick={() => setMaking(true)}>
            New user
          </Button>
        )}
      </div>
      <div className="scroll">
        {users.isPending && <Bones heightPx={40} label="Loading users" />}
        {users.isError && (
          <Failed title="The users could not be read" error={users.error} onRetry={() => void users.refetch()} />
        )}
        {users.data && items.length === 0 && <Nobody email={email} />}
        {items.length > 0 && <UserTable items={items} onOpen={setOpen} />}
        {users.hasNextPage && (
          <div className="p-4">
            <Button busy={users.isFetchingNextPage} onClick={() => void users.fetchNextPage()}>
              Show more
            </Button>
          </div>
        )}
      </div>
      {making && <NewUser p={p} onClose={() => setMaking(false)} />}
      {open && <AppUserDialog p={p} user={open} mayChange={mayChange} onClose={() => setOpen(undefined)} />}
    </section>
  )
}

function Nobody({ email }: { email: string }) {
  if (email !== "") return <p className="p-4 text-fg-2">No user has exactly this address.</p>
  return (
    <Blank title="No user yet">
      <p>
        Users sign up in your app, with its publishable key. They have nothing to do with the members of this project.
      </p>
      <pre className="code mt-3 p-3 bg-sunken border border-joint rounded">{`const ashlar = createAshlar({ url, key })
await ashlar.auth.signUp({ email, password })`}</pre>
    </Blank>
  )
}

function UserTable({ items, onOpen }: { items: readonly AppUser[]; onOpen: (user: AppUser) => void }) {
  const nowMs = Date.now()
  return (
    <table className="rows stack">
      <thead>
        <tr>
          <th scope="col">Email</th>
          <th scope="col" className="w-40">
            Name
          </th>
          <th scope="col" className="w-44">
            Roles
          </th>
          <th scope="col" className="w-36">
            Last sign-in
          </th>
          <th scope="col" className="r w-28">
            Joined
          </th>
        </tr>
      </thead>
      <tbody>
        {items.map((user) => (
          <tr key={user.id}>
            <td>
              <button type="button" className="flex items-center gap-2.5 max-w-full" onClick={() => onOpen(user)}>
                <Face quiet name={user.name ?? user.email} />
                <span className={user.disabled ? "cut text-fg-3 line-through" : "cut font-strong hover:underline"}>
                  {user.email}
                </span>
                {user.disabled && <span className="tag">disabled</span>}
                {!user.disabled && !user.emailVerified && <span className="tag warn">unconfirmed</span>}
              </button>
            </td>
            <td className={user.name === null ? "text-fg-2 not-phone" : "text-fg-2"}>{user.name ?? "–"}</td>
            <td className={user.roles.length === 0 ? "text-fg-2 not-phone" : "text-fg-2"}>
              {user.roles.join(", ") || "–"}
            </td>
            <td
              data-head="last in"
              className="text-fg-2"
              title={user.lastSignedInAt === null ? undefined : toDate(user.lastSignedInAt)}
            >
              {user.lastSignedInAt === null ? "never" : toAgo(user.lastSignedInAt, nowMs)}
            </td>
            <td data-head="joined" className="r text-fg-3" title={toDate(user.createdAt)}>
              {toAgo(user.createdAt, nowMs)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function NewUser({ p, onClose }: { p: string; onClose: () => void }) {
  const [email, setEmail] = useState("")
  const [password, setPassword] = useState("")
  const create = useMutation({
    mutationFn: () => admin.users.create(p, { email: email.trim(), password }),
    onSuccess: (user) => {
      refresh(p, "users")
      showToast({ tone: "ok", title: "User made", text: user.email })
      onClose()
    },
  })
  return (
    <FormDialog
      title="Make a user"
      submit="Make user"
      busy={create.isPending}
      disabled={!/^\S+@\S+$/.test(email.trim()) || password === ""}
      error={formError(create.error, ["email", "password"])}
      onSubmit={() => create.mutate()}
      onClose={onClose}
    >
      <Field
        label="Email"
        type="email"
        autoFocus
        autoComplete="off"
        value={email}
        error={fieldError(create.error, "email")}
        onChange={(event) => setEmail(event.target.value)}
      />
      <Field
        label="Password"
        type="password"
        autoComplete="new-password"
        value={password}
        error={fieldError(create.error, "password")}
        hint="Tell them over a channel of your own. They can sign in with it at once."
        onChange={(event) => setPassword(event.target.value)}
      />
    </FormDialog>
  )
}
