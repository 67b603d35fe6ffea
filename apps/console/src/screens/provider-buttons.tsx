import type { SignInWays } from "@ashlar/sdk"
import { useMutation } from "@tanstack/react-query"
import { KeyRound } from "lucide-react"
import { keepGoal } from "../model/goal.ts"
import { admin } from "../session.ts"
import { Button } from "../ui/button.tsx"
import { messageOf } from "../ui/state.tsx"

interface ProviderButtonsProps {
  readonly providers: SignInWays["providers"]
  /** Where to go on, once signed in. */
  readonly to: string | undefined
}

/** One button for each provider that signs people in. It leads away, and back. */
export function ProviderButtons({ providers, to }: ProviderButtonsProps) {
  const begin = useMutation({
    mutationFn: (name: string) => admin.auth.provider.begin(name),
    onSuccess: ({ url }) => {
      keepGoal(to)
      location.assign(url)
    },
  })
  return (
    <>
      {begin.isError && (
        <p className="wrong mt-4" role="alert">
          {messageOf(begin.error)}
        </p>
      )}
      {providers.map(({ name, label }) => (
        <Button
          key={name}
          large
          className="mt-3"
          icon={KeyRound}
          busy={begin.isPending && begin.variables === name}
          disabled={begin.isPending}
          onClick={() => begin.mutate(name)}
        >
          Sign in with {label}
        </Button>
      ))}
    </>
  )
}
