/* The public headers are C: this file is compiled as C99 with all warnings, and the test calls it. */
#include <fusion/fusion.h>
#include <fusion/host.h>

int headerIsC(void);
int headerIsC(void) {
  fusion_context_options options = FUSION_CONTEXT_OPTIONS;
  fusion_context *context = NULL;
  options.device = "null:sm_80";
  if (fusion_context_create(&options, &context) != FUSION_OK)
    return 0;
  fusion_context_destroy(context);
  return fusion_api_version() == FUSION_API_VERSION;
}
