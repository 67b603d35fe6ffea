/** `npm run -s ashlar -- …`: the CLI from a clone. */
import { main } from "@ashlar/cli"

process.exitCode = await main(process.argv.slice(2))
