import { queueDrivers } from "../drivers/drivers.ts"
import { openQueue } from "../open-queue.ts"
import { describeQueue, describeQueueStore } from "../testing/queue-suite.ts"

describeQueueStore("memory", { open: async (settings) => await (await queueDrivers.open("memory:"))(settings) })
describeQueue("memory", { open: (name) => openQueue("memory:", { name }) })
