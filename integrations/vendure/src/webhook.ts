import { Controller, Headers, Post, Req, Res } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Api } from './api';
import { OrderPayments } from './order-payments';

export const WEBHOOK = 'rieltime/webhook';
const LONGEST = 1 << 20; // bytes

type WithBody = IncomingMessage & { rawBody?: string; _body?: boolean };

/** Keeps the body as it arrived, which is what is signed, and from Vendure's parser. */
export function keepBody(request: WithBody, response: ServerResponse, next: () => void): void {
  const pieces: Buffer[] = [];
  let size = 0;
  request.on('data', (piece: Buffer) => {
    size += piece.length;
    if (size > LONGEST) { request.destroy(); return; }
    pieces.push(piece);
  });
  request.on('end', () => {
    request.rawBody = Buffer.concat(pieces).toString();
    request._body = true;
    next();
  });
}

@Controller(WEBHOOK)
export class WebhookController {
  constructor(private readonly api: Api, private readonly payments: OrderPayments) {}

  @Post()
  async receive(@Headers() headers: Record<string, string>, @Req() request: WithBody, @Res() response: ServerResponse): Promise<void> {
    let event;
    try {
      event = await this.api.verify(headers, request.rawBody ?? '');
    } catch {
      response.writeHead(400).end();
      return;
    }
    await this.payments.receive(event);
    response.writeHead(204).end();
  }
}
