/** The process behind `OtlpReceiverProcess`; ends with its parent. */
import { OtlpReceiver } from './receiver.js';
import type { FromReceiver, ToReceiver } from './receiver-process.js';

const send = (message: FromReceiver) => process.send?.(message);

const receiver = await OtlpReceiver.start((arrival) => send({ arrival }));
process.on('message', (message: ToReceiver) => {
  receiver.setMode(message.setMode);
  send({ modeIsSet: true });
});
process.on('disconnect', () => process.exit());
send({ endpoint: receiver.endpoint });
