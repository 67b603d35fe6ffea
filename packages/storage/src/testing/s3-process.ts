/** The test server in a process of its own, so that what it keeps is not counted among its client's memory. */
import { startTestS3 } from "./s3-server.ts"

const server = await startTestS3()
console.log(server.url())
process.stdin.resume()
process.stdin.on("end", () => process.exit(0))
