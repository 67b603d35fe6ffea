import { type ErrorComponentProps, Link, useRouter } from "@tanstack/react-router"
import { Mark } from "../ui/mark.tsx"
import { Blank, Failed } from "../ui/state.tsx"

/** No such page. */
export function Lost() {
  return (
    <main className="main h-full">
      <Blank
        page
        title="Nothing is laid here"
        actions={
          <Link className="btn" to="/projects">
            All projects
          </Link>
        }
      >
        <p>The address leads to no page of this console. It may have been deleted or renamed.</p>
      </Blank>
    </main>
  )
}

/** The server could not be asked, or the console itself failed. */
export function Crashed({ error, reset }: ErrorComponentProps) {
  const router = useRouter()
  return (
    <main className="main h-full">
      <div className="p-6 grid gap-2 content-start">
        <Mark />
        <Failed
          title="This page could not be shown"
          error={error}
          onRetry={() => {
            reset()
            void router.invalidate()
          }}
        />
      </div>
    </main>
  )
}
