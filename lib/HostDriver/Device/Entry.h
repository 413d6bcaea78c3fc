// Kernel entry points: the rewriter appends one HC_ENTRY per kernel.

namespace hc_entry {
template <unsigned... I> struct sequence {};
template <unsigned N, unsigned... I> struct make : make<N - 1, N - 1, I...> {};
template <unsigned... I> struct make<0, I...> {
  using type = sequence<I...>;
};
template <class T> struct bare {
  using type = T;
  static constexpr unsigned pointer = 0;
};
template <class T> struct bare<const T> : bare<T> {};
template <class T> struct bare<T *> {
  using type = T *;
  static constexpr unsigned pointer = 1;
};
template <class... P> struct signature {
  static constexpr hc_param list[sizeof...(P) + 1] = {{(unsigned)sizeof(P), bare<P>::pointer}..., {0, 0}};
};
template <class... P> constexpr const hc_param *parameters(void (*)(P...)) { return signature<P...>::list; }
template <class... P, unsigned... I> HC_INLINE void call(void (*kernel)(P...), void **args, sequence<I...>) {
  kernel(*(typename bare<P>::type *)args[I]...);
}
template <class... P> HC_INLINE void invoke(void (*kernel)(P...), void **args) { call(kernel, args, typename make<sizeof...(P)>::type{}); }
} // namespace hc_entry
#ifdef HC_CHECK
#define HC_UNCHECKED __attribute__((disable_sanitizer_instrumentation))
#else
#define HC_UNCHECKED
#endif
#define HC_ENTRY(kernel, maxThreads)                                                                                                       \
  HC_EXPORT HC_UNCHECKED void hc_run__##kernel(void **args) { hc_entry::invoke(&kernel, args); }                                           \
  HC_EXPORT const hc_param *hc_params__##kernel() { return hc_entry::parameters(&kernel); }                                                \
  HC_EXPORT unsigned hc_bounds__##kernel() { return maxThreads; }
