import type { AppUser } from "@ashlar/sdk"
import { useInfiniteQuery, useMutation } from "@tanstack/react-query"
import { useParams } from "@tanstack/react-router"
import { Search, UserPlus } from "lucide-react"
import { useDeferredValue, useRef, useState } from "react"
import { useActions } from "../../actions.ts"
import { appUsersQuery, refresh } from "../../queries.ts"
import { admin } from "../../session.ts"
import { showToast } from "../../toasts.ts"
import { Button } from "../../ui/button.tsx"
import { FormDialog } from "../../ui/dialog.tsx"
import { Face } from "../../ui/face.tsx"
import { Field } from "../../ui/form.tsx"
import { Ago, List, ListScreen, ListTable } from "../../ui/list.tsx"
import { Blank } from "../../ui/state.tsx"
import { fieldError, formError } from "../account-form.tsx"
import { useMayChange } from "../use-may-change.ts"
import { AppUserDialog } from "./app-user-dialog.tsx"

/** The users of the app: who they are, and what rules know of them. */
export function AppUsersScreen() {
  const { p } = useParams({ from: "/signed-in/projects/$p/settings/users" })
  const [search, setSearch] = useState("")
  const email = useDeferredValue(search).trim()
  const users = useInfiniteQuery(appUsersQuery(p, email))
  const mayChange = useMayChange(p)
  const [making, setMaking] = useState(false)
  const [open, setOpen] = useState<AppUser>()
  const input = useRef<HTMLInputElement>(null)
  useActions([
    { id: "find-user", title: "Find a user", group: "Do", icon: Search, keys: "/", run: () => input.current?.focus() },
  ])
  const items = users.data?.pages.flatMap((page) => page.items) ?? []
  return (
    <>
      <ListScreen
        title="App users"
        action={
          mayChange && {
            id: "new-user",
            title: "Make a user",
            text: "New user",
            icon: UserPlus,
            run: () => setMaking(true),
          }
        }
        tools={
          <input
            ref={input}
            type="search"
            className="field w-56 min-w-0 shrink ml-auto"
            aria-label="Find a user by address"
            placeholder="Whole email address"
            value={search}
            onChange={(event) => setSearch(event.target.value)}
          />
        }
      >
        <List query={users} what="users" count={items.length} blank={<Nobody email={email} />}>
          <UserTable items={items} onOpen={setOpen} />
        </List>
        {users.hasNextPage && (
          <div className="p-4">
            <Button busy={users.isFetchingNextPage} onClick={() => void users.fetchNextPage()}>
              Show more
            </Button>
          </div>
        )}
      </ListScreen>
      {making && <NewUser p={p} onClose={() => setMaking(false)} />}
      {open && <AppUserDialog p={p} user={open} mayChange={mayChange} onClose={() => setOpen(undefined)} />}
    </>
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
  return (
    <ListTable heads={["Email", ["Name", "w-40"], ["Roles", "w-44"], ["Last sign-in", "w-36"], ["Joined", "r w-28"]]}>
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
          <Ago head="last in" at={user.lastSignedInAt} />
          <Ago head="joined" at={user.createdAt} last />
        </tr>
      ))}
    </ListTable>
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
