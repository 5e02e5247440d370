// The routes as they are added, to tell a wrong method from a wrong address.
import type { FastifyInstance } from 'fastify';

interface Route {
  method: string;
  pattern: RegExp;
}

export class RouteTable {
  private readonly routes: Route[] = [];

  /** Every route that is added from here on. */
  remember(app: FastifyInstance): void {
    app.addHook('onRoute', ({ method, url }) => {
      // A parameter may say what it looks like; two colons stand for one.
      const pattern = new RegExp(`^${url.replaceAll(/(?<!:):[A-Za-z]+(\([^)]*\))?/g, '[^/]+').replaceAll('::', ':')}$`);
      for (const one of [method].flat()) this.routes.push({ method: one, pattern });
    });
  }

  /** Methods that are possible at an address; none where it is no route. */
  methodsAt(path: string): string[] {
    return [...new Set(this.routes.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method))];
  }
}
