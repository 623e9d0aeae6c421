// Sending binary data, from the README of ws, and reading it in each shape.
import WebSocket, { WebSocketServer } from "ws";

const wss = new WebSocketServer({ port: 0, perMessageDeflate: true });

wss.on("connection", (ws) => {
  ws.on("message", (data, isBinary) => {
    ws.send(data, { binary: isBinary });
  });
});

wss.on("listening", () => {
  const ws = new WebSocket(`ws://localhost:${wss.address().port}`);

  ws.on("error", console.error);
  ws.binaryType = "arraybuffer";

  ws.on("open", function open() {
    const array = new Float32Array(5);

    for (let i = 0; i < array.length; ++i) {
      array[i] = i / 2;
    }

    ws.send(array);
  });

  ws.once("message", function message(data, isBinary) {
    console.log(new Float32Array(data), isBinary, ws.extensions);
    ws.binaryType = "nodebuffer";
    ws.once("message", (buffer) => {
      console.log(buffer.readUInt16BE(0), Buffer.isBuffer(buffer));
      ws.onmessage = ({ data: text }) => {
        console.log(typeof text, text);
        ws.close();
        wss.close();
      };
      ws.send("text");
    });
    ws.send(Buffer.from([0x12, 0x34]));
  });
});
