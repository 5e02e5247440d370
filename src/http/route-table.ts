// The routes as they are added, to tell a wrong method from a wrong address.
import type { FastifyInstance } from 'fastify';

interface Route {
  method: string;
  pattern: RegExp;
  /** Characters of its address that are no parameter. */
  literal: number;
}

/** A parameter, which may say what it looks like; two colons stand for one. */
const PARAMETER = /(?<!:):[A-Za-z]+(\([^)]*\))?/g;

export class RouteTable {
  private readonly routes: Route[] = [];

  /** Every route that is added from here on. */
  remember(app: FastifyInstance): void {
    app.addHook('onRoute', ({ method, url }) => {
      const pattern = new RegExp(`^${url.replaceAll(PARAMETER, '[^/]+').replaceAll('::', ':')}$`);
      const literal = url.replaceAll(PARAMETER, '').length;
      for (const one of [method].flat()) this.routes.push({ method: one, pattern, literal });
    });
  }

  /** Methods that are possible at an address; none where it is no route. `/v1/models/imports` is itself, and not a model of that id. */
  methodsAt(path: string): string[] {
    const found = this.routes.filter(({ pattern }) => pattern.test(path));
    const most = Math.max(...found.map(({ literal }) => literal));
    return [...new Set(found.filter(({ literal }) => literal === most).map(({ method }) => method))];
  }
}
