import { isRequestError } from "@ashlar/sdk"
import { QueryClientProvider } from "@tanstack/react-query"
import { RouterProvider } from "@tanstack/react-router"
import { StrictMode } from "react"
import { createRoot } from "react-dom/client"
import { listenForKeys } from "./actions.ts"
import { flushDeletions } from "./deletions.ts"
import { queryClient } from "./queries.ts"
import { router } from "./router.tsx"
import { sessionState } from "./session.ts"
import "./styles/app.css"
import { Toasts } from "./ui/toasts.tsx"
import { TipProvider } from "./ui/tooltip.tsx"

listenForKeys()

// The session ended here, on the server or in another tab: nothing of it stays on the screen. A page that is opened
// without one is sent to the sign-in by its route.
let wasSignedIn = false
sessionState.subscribe(() => {
  const { status } = sessionState.get()
  if (status === "out" && wasSignedIn) {
    queryClient.clear()
    const { matches, location } = router.state
    if (!matches.some((match) => match.staticData.wall))
      void router.navigate({ to: "/sign-in", search: { to: location.href } })
  }
  wasSignedIn = status === "in"
})

// Where a second factor is asked of everybody, nothing else is to be had before it is shown.
queryClient.getQueryCache().subscribe(({ type, query }) => {
  if (type !== "updated" || !isRequestError(query.state.error, "CONTROL_MFA_REQUIRED")) return
  const { href, pathname } = router.state.location
  if (pathname !== "/security") void router.navigate({ to: "/security", search: { asked: href } })
})

// Leaving a screen means what was done there.
router.subscribe("onBeforeNavigate", ({ fromLocation, toLocation }) => {
  const screen = (path: string): string => path.split("/").slice(0, 5).join("/")
  if (fromLocation && screen(fromLocation.pathname) !== screen(toLocation.pathname)) flushDeletions()
})
router.subscribe("onResolved", () => {
  const isWall = router.state.matches.some((match) => match.staticData.wall)
  if (isWall) document.documentElement.dataset.page = "wall"
  else delete document.documentElement.dataset.page
})

const container = document.getElementById("root")
if (container)
  createRoot(container).render(
    <StrictMode>
      <QueryClientProvider client={queryClient}>
        <TipProvider delayDuration={400} skipDelayDuration={200}>
          <RouterProvider router={router} />
          <Toasts />
        </TipProvider>
      </QueryClientProvider>
    </StrictMode>,
  )
